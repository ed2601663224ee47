using StackExchange.Redis;
using StackExchange.Redis.KeyspaceIsolation;

namespace VitGrid.Redis;

/// <summary>Puts what stands before every key of a grid before the keys of commands, scripts, transactions and messages.</summary>
public static class KeyPrefix
{
    /// <summary>The database below a prefix.</summary>
    /// <param name="database">The whole of it.</param>
    /// <param name="prefix">What stands before every key; null or empty: nothing.</param>
    public static IDatabase Below(this IDatabase database, string? prefix) =>
        string.IsNullOrEmpty(prefix) ? database : database.WithKeyPrefix(prefix);

    /// <summary>A channel below a prefix, as a database below it publishes to it.</summary>
    /// <param name="channel">Its name.</param>
    /// <param name="prefix">What stands before it; null or empty: nothing.</param>
    public static RedisChannel Below(this RedisChannel channel, string? prefix) =>
        string.IsNullOrEmpty(prefix) ? channel : RedisChannel.Literal($"{prefix}{channel}");
}
