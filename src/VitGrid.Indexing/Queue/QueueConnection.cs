using StackExchange.Redis;
using VitGrid.Engine.Options;
using VitGrid.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>The connection to the queue's Redis, and what it must be like.</summary>
public sealed class QueueConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _redis;
    private readonly string _keyPrefix;
    private readonly ReplicaConfirmation? _confirmation;
    private volatile bool _withoutFlags;

    private QueueConnection(ConnectionMultiplexer redis, string keyPrefix, ReplicaConfirmation? confirmation) =>
        (_redis, _keyPrefix, _confirmation) = (redis, keyPrefix, confirmation);

    /// <summary>The database; every key of a command gets the prefix.</summary>
    internal IDatabase Database => _redis.GetDatabase().Below(_keyPrefix);

    /// <summary>Connects; goes on trying in the background where Redis is away.</summary>
    /// <param name="redis">The address; see <see cref="RedisAddress"/>.</param>
    /// <param name="keyPrefix">What stands before every key.</param>
    /// <param name="login">What stands in files beside the address; null: nothing.</param>
    /// <param name="replicas">How many replicas confirm what must outlive the primary; 0: none is asked.</param>
    /// <exception cref="GridConfigurationException">The address is malformed.</exception>
    /// <exception cref="RedisConnectionException">Sentinels are named and none of them knows where the primary is.</exception>
    internal static async Task<QueueConnection> OpenAsync(
        string redis, string? keyPrefix = null, RedisLogin? login = null, int replicas = 0)
    {
        ConfigurationOptions settings = Parse(redis, login);
        return new(await ConnectionMultiplexer.ConnectAsync(settings), keyPrefix ?? "",
            replicas > 0 ? new(Parse(redis, login), keyPrefix ?? "", replicas) : null);
    }

    /// <summary>Connects now.</summary>
    /// <param name="redis">The address; see <see cref="RedisAddress"/>.</param>
    /// <param name="keyPrefix">What stands before every key.</param>
    /// <param name="login">What stands in files beside the address; null: nothing.</param>
    /// <param name="replicas">How many replicas confirm what must outlive the primary; 0: none is asked.</param>
    /// <exception cref="IndexException">Redis does not answer, or lets nobody in; the message says which.</exception>
    internal static async Task<QueueConnection> OpenNowAsync(
        string redis, string? keyPrefix = null, RedisLogin? login = null, int replicas = 0)
    {
        QueueConnection? connection = null;
        try
        {
            connection = await OpenAsync(redis, keyPrefix, login, replicas);
            await connection.Database.PingAsync();
            return connection;
        }
        catch (Exception exception) when (RedisRetryPolicy.IsAway(exception) || exception is RedisException)
        {
            if (connection is not null)
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
    internal Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] arguments) =>
        RunAsync(Database, script, keys, arguments);

    /// <summary>
    /// Runs a script of which somebody outside Redis is told: it ends when as many replicas as are configured have what it wrote. It may be
    /// run again when that could not be confirmed.
    /// </summary>
    /// <exception cref="TimeoutException">It is not confirmed.</exception>
    internal Task<RedisResult> RunConfirmedAsync(string script, RedisKey[] keys, params RedisValue[] arguments) => _confirmation is null
        ? RunAsync(script, keys, arguments)
        : _confirmation.RunAsync(redis => RunAsync(redis, script, keys, arguments));

    private async Task<RedisResult> RunAsync(IDatabase redis, string script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await redis.ScriptEvaluateAsync(_withoutFlags ? Scripts.WithoutFlags(script) : script, keys, arguments);
        }
        catch (RedisServerException exception) when (!_withoutFlags && Scripts.AreFlagsUnknown(exception.Message))
        {
            // Redis before 7.
            _withoutFlags = true;
            return await RunAsync(redis, script, keys, arguments);
        }
        catch (RedisServerException exception) when (QueueRights.Describe(exception, script) is { } lacking)
        {
            throw new IndexException($"the queue's Redis refuses: {lacking}", exception);
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
            return _redis.IsCluster() ? QueueHealth.Cluster : QueueHealth.Unknown;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_confirmation is not null)
            await _confirmation.DisposeAsync();
        await _redis.DisposeAsync();
    }

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
