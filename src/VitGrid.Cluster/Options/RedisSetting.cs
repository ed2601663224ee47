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

    /// <summary>Reads the address that a setting gives.</summary>
    /// <exception cref="GridConfigurationException">It is none; the message holds no password.</exception>
    public static ConfigurationOptions Parse(string redis, SettingPath setting) =>
        Fault(redis, setting, out ConfigurationOptions? options) is { } fault ? throw new GridConfigurationException([fault]) : options!;

    /// <summary>What is wrong with the address; null when nothing is, or none is given.</summary>
    public static string? Fault(string? redis, SettingPath setting) => redis is null ? null : Fault(redis, setting, out _);

    private static string? Fault(string redis, SettingPath setting, out ConfigurationOptions? options)
    {
        options = null;
        try
        {
            options = RedisAddress.Parse(redis);
            return null;
        }
        catch (FormatException exception)
        {
            return $"{setting} {exception.Message}";
        }
    }
}
