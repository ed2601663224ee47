using StackExchange.Redis;
using StackExchange.Redis.KeyspaceIsolation;
using VitGrid.Engine.Options;
using VitGrid.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>The connection to the queue's Redis, and what it must be like.</summary>
public sealed class QueueConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _redis;
    private readonly string _keyPrefix;
    private volatile bool _withoutFlags;

    private QueueConnection(ConnectionMultiplexer redis, string keyPrefix) => (_redis, _keyPrefix) = (redis, keyPrefix);

    /// <summary>The database; every key of a command gets the prefix.</summary>
    internal IDatabase Database => _keyPrefix.Length == 0 ? _redis.GetDatabase() : _redis.GetDatabase().WithKeyPrefix(_keyPrefix);

    /// <summary>Connects; goes on trying in the background where Redis is away.</summary>
    /// <param name="redis">The address; see <see cref="RedisAddress"/>.</param>
    /// <param name="keyPrefix">What stands before every key.</param>
    /// <param name="login">What stands in files beside the address; null: nothing.</param>
    /// <exception cref="GridConfigurationException">The address is malformed.</exception>
    internal static async Task<QueueConnection> OpenAsync(string redis, string? keyPrefix = null, RedisLogin? login = null) =>
        new(await ConnectionMultiplexer.ConnectAsync(Parse(redis, login)), keyPrefix ?? "");

    /// <summary>Connects now.</summary>
    /// <param name="redis">The address; see <see cref="RedisAddress"/>.</param>
    /// <param name="keyPrefix">What stands before every key.</param>
    /// <param name="login">What stands in files beside the address; null: nothing.</param>
    /// <exception cref="IndexException">Redis does not answer, or lets nobody in; the message says which.</exception>
    internal static async Task<QueueConnection> OpenNowAsync(string redis, string? keyPrefix = null, RedisLogin? login = null)
    {
        QueueConnection connection = await OpenAsync(redis, keyPrefix, login);
        try
        {
            await connection.Database.PingAsync();
            return connection;
        }
        catch (Exception exception) when (RedisRetryPolicy.IsAway(exception) || exception is RedisException)
        {
            await connection.DisposeAsync();
            string? refusal = QueueRefusal.Describe(exception) ?? await AskWhyAsync(redis, login);
            string address = RedisAddress.Describe(redis);
            throw new IndexException(
                refusal is null
                    ? $"the queue's Redis at {address} does not answer; start it, or name another with --queue-redis HOST:PORT"
                    : $"the queue's Redis at {address} refuses this connection: {refusal}",
                exception);
        }
    }

    /// <summary>
    /// Makes stream and group where they are missing: the group begins with the first entry, since producers may have come before workers.
    /// </summary>
    internal async Task EnsureGroupAsync() => await RunAsync(Scripts.EnsureGroup, [IndexKeys.Stream, IndexKeys.Settled]);

    /// <summary>Runs a script.</summary>
    internal async Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] arguments)
    {
        try
        {
            return await Database.ScriptEvaluateAsync(_withoutFlags ? Scripts.WithoutFlags(script) : script, keys, arguments);
        }
        catch (RedisServerException exception) when (!_withoutFlags && Scripts.AreFlagsUnknown(exception.Message))
        {
            // Redis before 7.
            _withoutFlags = true;
            return await RunAsync(script, keys, arguments);
        }
    }

    /// <summary>
    /// What is wrong with Redis' settings for a queue: one that evicts would lose jobs, one without an append-only file forgets them when
    /// it restarts, one that is a cluster has the keys of a script on several servers.
    /// </summary>
    internal async Task<QueueHealth> HealthAsync()
    {
        try
        {
            string info = (string)(await Database.ExecuteAsync("INFO", "everything"))!;
            return QueueHealth.From(RedisInfo.Parse(info));
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            return IsCluster ? QueueHealth.Cluster : QueueHealth.Unknown;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private bool IsCluster => _redis.GetServers().Any(server => server.ServerType == ServerType.Cluster);

    /// <summary>A connection that goes on trying keeps the reason to itself; one that gives up tells it.</summary>
    private static async Task<string?> AskWhyAsync(string redis, RedisLogin? login)
    {
        ConfigurationOptions options = Parse(redis, login);
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 0;
        try
        {
            await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
            await connection.GetDatabase().PingAsync();
            return null;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return QueueRefusal.Describe(exception);
        }
    }

    private static ConfigurationOptions Parse(string redis, RedisLogin? login)
    {
        try
        {
            ConfigurationOptions options = RedisAddress.Parse(redis, login);
            // INFO, which says whether Redis evicts and forgets, counts as administration.
            options.AllowAdmin = true;
            return options;
        }
        catch (FormatException exception)
        {
            throw new GridConfigurationException([$"VitGrid:Indexing:Redis {exception.Message}"], exception);
        }
    }
}
