using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>The embedding cache: a level in the process, and one in Redis that processes share and that outlives them.</summary>
public sealed record CacheOptions
{
    /// <summary>Bytes of the in-process level; 0 turns it off.</summary>
    [Setting("vectors that a front end keeps in its own memory; 0 keeps none", Unit = "bytes", Min = 0, Max = 1L << 40)]
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Redis of the shared level; null: none. It wants a bound and <c>allkeys-lfu</c>, and may lose everything at any time. One server,
    /// a primary with replicas, or a Redis Cluster.
    /// </summary>
    [Setting("Redis of the vectors that processes share; `serve --redis` sets it where nothing else does, and an empty value takes that "
        + "back. May be a Redis Cluster", Form = RedisForm.Text)]
    public string? Redis { get; init; }

    /// <summary>File whose text is Redis' password; null: the address has it, or none is needed.</summary>
    [Setting("file with the password of `Cache:Redis`; none, and the address is that of `Cluster:Redis`: the membership's",
        Form = "a file")]
    public string? RedisPasswordFile { get; init; }

    /// <summary>PEM file of the authorities that sign Redis' certificate; null: those that the machine trusts.</summary>
    [Setting("PEM file of the authorities that sign its certificate, for `rediss://`; none: those that the machine trusts",
        Form = "a file")]
    public string? RedisAuthorityFile { get; init; }

    /// <summary>What stands before every key of the cache, so that several grids can share a Redis.</summary>
    [Setting("what stands before every key of the cache; `cache` verbs need the same. None: `Cluster:KeyPrefix`", Form = KeyPrefixForm.Text,
        Accepts = nameof(IsPrefix))]
    public string? KeyPrefix { get; init; }

    /// <summary>How Redis holds numbers. With fp16 what is computed for the cache is rounded at once.</summary>
    [Setting("how Redis holds numbers: exactly, or rounded in half the bytes. Rounded, the first answer is already what every later one "
        + "is, `cache: bypass` apart")]
    public CacheFormat Format { get; init; }

    /// <summary>
    /// File of the keys by which processes know each other's vectors in Redis; null: whoever may write there is believed. One key a line,
    /// of at least 32 characters; the first one writes, all of them read.
    /// </summary>
    [Setting("keys by which front ends and workers know each other's vectors, so that whoever else writes into that Redis is not believed: "
        + "one a line, at least 32 characters; the first writes, all read. None: `VITGRID_CACHE_MAC_KEYS`, or no keys",
        Form = "a file")]
    public string? MacKeyFile { get; init; }

    /// <summary>Time after which Redis forgets a vector; 0: never by age.</summary>
    [Setting("time after which Redis forgets a vector; 0: never by age", Unit = "s", Min = 0, Max = 31_536_000)]
    public int TtlSeconds { get; init; } = 2_592_000;

    /// <summary>
    /// Part by which each vector's <see cref="TtlSeconds"/> is drawn shorter or longer, so that one day's images do not expire in one
    /// minute.
    /// </summary>
    [Setting("part by which each vector's time is drawn shorter or longer", Unit = "%", Min = 0, Max = 50)]
    public int TtlJitterPercent { get; init; } = 10;

    /// <summary>
    /// Longest time an image waits for Redis, or for the grid to say who computes it; for a Redis that is steadily slower
    /// than a fifth of it, a tenth of what computing takes, at least a tenth of this.
    /// </summary>
    [Setting("longest time an image waits for Redis, and for the grid to say who computes it; for a Redis that is steadily slower than a "
        + "fifth of it, a tenth of what computing takes, at least a tenth of this", Unit = "ms", Min = 1, Max = 10_000)]
    public int WaitMilliseconds { get; init; } = 50;

    /// <summary>Vectors that wait to be written to Redis; beyond it the oldest are dropped.</summary>
    [Setting("vectors that wait to be written; beyond it the oldest are dropped", Unit = "vectors", Min = 1, Max = 1_000_000)]
    public int WriteQueueItems { get; init; } = 10_000;

    /// <summary>Bytes of those vectors; beyond it the oldest are dropped.</summary>
    [Setting("size of those vectors; beyond it the oldest are dropped", Unit = "bytes", Min = 1L << 20, Max = 1L << 34)]
    public long WriteQueueBytes { get; init; } = 64L << 20;

    /// <summary>Questions in a row that Redis may leave unanswered before no image asks it any more.</summary>
    [Setting("questions in a row that Redis may leave unanswered before no image asks it any more", Unit = "questions", Min = 1, Max = 100)]
    public int BreakAfterFailures { get; init; } = 1;

    /// <summary>Time between two probes of a Redis that is not asked; three quick answers let images ask again.</summary>
    [Setting("time between probes of a Redis that is not asked; three answers, each in half of `WaitMilliseconds`, let images ask again",
        Unit = "ms", Min = 10, Max = 60_000)]
    public int ProbeMilliseconds { get; init; } = 500;

    /// <summary>Whether equal images that arrive at several front ends of a cluster at once are computed once.</summary>
    [Setting("equal images that arrive at several front ends of a cluster at once are computed once")]
    public bool ClusterFlight { get; init; } = true;

    /// <summary>Whether each tenant has vectors of its own, in memory, in Redis and while they are computed.</summary>
    [Setting("each key or token subject has vectors of its own: nobody learns from an answer's speed what others have asked for, and the "
        + "same image is computed once for each")]
    public bool PerTenant { get; init; }

    /// <summary><see cref="WaitMilliseconds"/>.</summary>
    public TimeSpan Wait => TimeSpan.FromMilliseconds(WaitMilliseconds);

    private static bool IsPrefix(string text) => KeyPrefixForm.Accepts(text);
}

/// <summary>How Redis holds a vector's numbers.</summary>
public enum CacheFormat
{
    /// <summary>As they were computed, bit for bit.</summary>
    Fp32,

    /// <summary>Rounded to half precision.</summary>
    Fp16,
}
