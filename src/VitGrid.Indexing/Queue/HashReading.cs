using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>Reads a hash that anybody may have replaced by something else.</summary>
internal static class HashReading
{
    private const string WrongType = "WRONGTYPE";

    /// <summary>The hash of a key, empty where there is none; null where the key holds something that is no hash.</summary>
    public static async Task<HashEntry[]?> HashOrNullAsync(this IDatabase redis, RedisKey key)
    {
        try
        {
            return await redis.HashGetAllAsync(key);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith(WrongType, StringComparison.Ordinal))
        {
            return null;
        }
    }
}
