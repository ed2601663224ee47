using StackExchange.Redis;

namespace VitGrid.Access.Connections;

/// <summary>The names of what stands in the Redis of keys.</summary>
internal static class AccessKeys
{
    /// <summary>Hash: a key's name, and the key as JSON.</summary>
    public static RedisKey Keys { get; } = "vg:auth:keys";

    /// <summary>Stream of what was administered.</summary>
    public static RedisKey Audit { get; } = "vg:auth:audit";

    /// <summary>Channel on which a change of the keys is told.</summary>
    public static RedisChannel Changed { get; } = RedisChannel.Literal("vg:auth:changed");

    /// <summary>Hash: what a caller has used in this minute and day.</summary>
    public static RedisKey Windows(string id) => $"vg:auth:window:{id}";

    /// <summary>Hash: a process, and the images of a caller under way there.</summary>
    public static RedisKey UnderWay(string id) => $"vg:auth:way:{id}";

    /// <summary>Hash: what every caller has used on a day.</summary>
    public static RedisKey Usage(DateOnly day) => $"vg:auth:usage:{day:yyyyMMdd}";
}
