namespace VitGrid.Engine.Options;

/// <summary>The embedding cache: a level in the process, and one in Redis that processes share and that outlives them.</summary>
public sealed record CacheOptions
{
    /// <summary>Bytes of the in-process level; 0 turns it off. Default 256 MiB; range 0–1 TiB.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Redis of the shared level, e.g. <c>10.0.0.6:6379</c> or a StackExchange.Redis configuration; null (default): none. It wants a bound
    /// and
    /// <c>allkeys-lfu</c>, and may lose everything at any time. One server or a primary with replicas, not Redis Cluster.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>
    /// How Redis holds numbers. Default fp32, exact; fp16 halves the bytes, and then what is computed for the cache is rounded at once.
    /// </summary>
    public CacheFormat Format { get; init; }

    /// <summary>Seconds after which Redis forgets a vector; 0: never by age. Default 2,592,000 (30 days); range 0–31,536,000.</summary>
    public int TtlSeconds { get; init; } = 2_592_000;

    /// <summary>
    /// Part by which each vector's <see cref="TtlSeconds"/> is drawn shorter or longer, so that one day's images do not expire in one
    /// minute, in percent. Default 10; range 0–50.
    /// </summary>
    public int TtlJitterPercent { get; init; } = 10;

    /// <summary>
    /// Longest time an image waits for Redis, or for the grid to say who computes it, in milliseconds; for a Redis that is steadily slower
    /// than a fifth of it, a tenth of what computing takes, at least a tenth of this. Default 50; range 1–10,000.
    /// </summary>
    public int WaitMilliseconds { get; init; } = 50;

    /// <summary>Vectors that wait to be written to Redis; beyond it the oldest are dropped. Default 10,000; range 1–1,000,000.</summary>
    public int WriteQueueItems { get; init; } = 10_000;

    /// <summary>Bytes of those vectors; beyond it the oldest are dropped. Default 64 MiB; range 1 MiB–16 GiB.</summary>
    public long WriteQueueBytes { get; init; } = 64L << 20;

    /// <summary>Questions in a row that Redis may leave unanswered before no image asks it any more. Default 1; range 1–100.</summary>
    public int BreakAfterFailures { get; init; } = 1;

    /// <summary>
    /// Time between two probes of a Redis that is not asked, in milliseconds; three quick answers let images ask again. Default 500; range
    /// 10–60,000.
    /// </summary>
    public int ProbeMilliseconds { get; init; } = 500;

    /// <summary>Whether equal images that arrive at several doors of a cluster at once are computed once. Default true.</summary>
    public bool ClusterFlight { get; init; } = true;

    /// <summary><see cref="WaitMilliseconds"/>.</summary>
    public TimeSpan Wait => TimeSpan.FromMilliseconds(WaitMilliseconds);
}

/// <summary>How Redis holds a vector's numbers.</summary>
public enum CacheFormat
{
    /// <summary>As they were computed, bit for bit.</summary>
    Fp32,

    /// <summary>Rounded to half precision.</summary>
    Fp16,
}
