using StackExchange.Redis;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Where a Redis is, as settings name it.</summary>
internal static class RedisAddress
{
    /// <summary>Reads HOST:PORT or a StackExchange.Redis configuration.</summary>
    /// <exception cref="GridConfigurationException">It is neither.</exception>
    public static ConfigurationOptions Parse(string redis, string setting = "Cluster:Redis")
    {
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(redis);
            // Redis may be restarted while the grid runs.
            options.AbortOnConnectFail = false;
            return options;
        }
        catch (ArgumentException exception)
        {
            throw new GridConfigurationException([$"{setting} is '{redis}': {exception.Message}; give HOST:PORT"], exception);
        }
    }
}
