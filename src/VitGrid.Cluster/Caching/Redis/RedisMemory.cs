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

    /// <summary>Reads <c>name:value</c> lines.</summary>
    public static RedisMemory Parse(string info)
    {
        IReadOnlyDictionary<string, string> fields = Fields(info);
        return new(Number(fields, "used_memory"), Number(fields, "maxmemory"), fields.GetValueOrDefault("maxmemory_policy", "unknown"));
    }

    public static IReadOnlyDictionary<string, string> Fields(string info) => info.Split('\n', StringSplitOptions.TrimEntries)
        .Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
        .ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>A field's number; 0 when the server does not tell it.</summary>
    public static long Number(IReadOnlyDictionary<string, string> fields, string name) =>
        long.TryParse(fields.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
