using StackExchange.Redis;
using VitGrid.Engine.Options;
using VitGrid.Redis;
using VitGrid.Settings;

namespace VitGrid.Cluster.Options;

/// <summary>The settings that name a Redis.</summary>
internal static class RedisSetting
{
    /// <summary>Redis of the membership.</summary>
    public static SettingPath Membership { get; } = SettingPath.Root[nameof(GridOptions.Cluster)][nameof(ClusterOptions.Redis)];

    /// <summary>Redis of the cache.</summary>
    public static SettingPath Cache { get; } = SettingPath.Root[nameof(GridOptions.Cache)][nameof(CacheOptions.Redis)];

    /// <summary>Redis of the indexing queue.</summary>
    public static SettingPath Queue { get; } = SettingPath.Root[nameof(GridOptions.Indexing)][nameof(IndexingOptions.Redis)];

    /// <summary>Reads the address of the membership.</summary>
    /// <exception cref="GridConfigurationException">It is none; the message holds no password.</exception>
    public static ConfigurationOptions Parse(ClusterOptions cluster) => Parse(cluster.Redis!, LoginTo(cluster), Membership);

    /// <summary>Reads the address of the cache.</summary>
    /// <exception cref="GridConfigurationException">It is none; the message holds no password.</exception>
    public static ConfigurationOptions Parse(CacheOptions cache) => Parse(cache.Redis!, LoginTo(cache), Cache);

    /// <summary>What is wrong with the addresses and their files.</summary>
    public static IEnumerable<string> Faults(GridOptions options) => new[]
    {
        Fault(options.Cluster.Redis, LoginTo(options.Cluster), Membership),
        Fault(options.Cache.Redis, LoginTo(options.Cache), Cache),
        Fault(options.Indexing.Redis, new(options.Indexing.RedisPasswordFile, options.Indexing.RedisAuthorityFile), Queue),
    }.OfType<string>();

    private static RedisLogin LoginTo(ClusterOptions cluster) => new(cluster.RedisPasswordFile, cluster.RedisAuthorityFile);

    private static RedisLogin LoginTo(CacheOptions cache) => new(cache.RedisPasswordFile, cache.RedisAuthorityFile);

    private static ConfigurationOptions Parse(string redis, RedisLogin login, SettingPath setting)
    {
        try
        {
            return RedisAddress.Parse(redis, login);
        }
        catch (FormatException exception)
        {
            throw new GridConfigurationException([$"{setting} {exception.Message}"]);
        }
    }

    private static string? Fault(string? redis, RedisLogin login, SettingPath setting)
    {
        try
        {
            _ = redis is null ? null : RedisAddress.Parse(redis, login);
            return null;
        }
        catch (FormatException exception)
        {
            return $"{setting} {exception.Message}";
        }
    }
}
