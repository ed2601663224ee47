using VitGrid.Redis;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>What <c>INFO memory</c> says about a Redis' bound.</summary>
/// <param name="Used">Bytes.</param>
/// <param name="Most">Bytes; 0: not bounded.</param>
/// <param name="Policy">What goes when it is full, e.g. <c>allkeys-lfu</c>.</param>
internal sealed record RedisMemory(long Used, long Most, string Policy)
{
    /// <summary>Why it does not suit a cache; null when it does.</summary>
    public string? Warning => (Most, Policy) switch
    {
        (0, _) => "has no memory bound: it grows until the machine is full; set maxmemory, and maxmemory-policy allkeys-lfu",
        (_, "noeviction") => "evicts nothing (maxmemory-policy noeviction): once full it stores no vector, nor anything else that is kept "
            + "in it; give the cache a Redis of its own with allkeys-lfu",
        _ => null,
    };

    /// <summary>What a server tells.</summary>
    public static RedisMemory From(RedisInfo info) =>
        new(info.Number("used_memory"), info.Number("maxmemory"), info.Text("maxmemory_policy", "unknown"));
}
