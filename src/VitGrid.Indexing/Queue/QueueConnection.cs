using StackExchange.Redis;
using VitGrid.Engine.Options;

namespace VitGrid.Indexing.Queue;

/// <summary>The connection to the queue's Redis, and what it must be like.</summary>
internal sealed class QueueConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _redis;

    private QueueConnection(ConnectionMultiplexer redis) => _redis = redis;

    public IDatabase Database => _redis.GetDatabase();

    /// <summary>Connects; goes on trying in the background where Redis is away.</summary>
    /// <exception cref="GridConfigurationException">The address is malformed.</exception>
    public static async Task<QueueConnection> OpenAsync(string redis) => new(await ConnectionMultiplexer.ConnectAsync(Parse(redis)));

    /// <summary>Connects now.</summary>
    /// <exception cref="IndexException">Redis does not answer.</exception>
    public static async Task<QueueConnection> OpenNowAsync(string redis)
    {
        QueueConnection connection = await OpenAsync(redis);
        try
        {
            await connection.Database.PingAsync();
            return connection;
        }
        catch (Exception exception) when (Patience.IsAway(exception))
        {
            await connection.DisposeAsync();
            throw new IndexException(
                $"the queue's Redis at {redis.Split(',')[0]} does not answer; start it, or name another with --queue-redis HOST:PORT",
                exception);
        }
    }

    /// <summary>
    /// Makes stream and group where they are missing: the group begins with the first entry, since producers may have come before workers.
    /// </summary>
    public async Task EnsureGroupAsync()
    {
        try
        {
            await Database.StreamCreateConsumerGroupAsync(IndexKeys.Stream, IndexKeys.Group, StreamPosition.Beginning, createStream: true);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // Somebody else made it.
        }
    }

    /// <summary>Runs a script.</summary>
    public Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] arguments) =>
        Database.ScriptEvaluateAsync(script, keys, arguments);

    /// <summary>
    /// What is wrong with Redis' settings for a queue: one that evicts would lose jobs, one without an append-only file forgets them when
    /// it restarts.
    /// </summary>
    public async Task<QueueHealth> HealthAsync()
    {
        string info = (string)(await Database.ExecuteAsync("INFO", "everything"))!;
        return QueueHealth.Of(info.Split('\n').Select(line => line.Trim().Split(':', 2)).Where(pair => pair.Length == 2).DistinctBy(
            pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]));
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private static ConfigurationOptions Parse(string redis)
    {
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(redis);
            options.AbortOnConnectFail = false;
            // INFO, which says whether Redis evicts and forgets, counts as administration.
            options.AllowAdmin = true;
            return options;
        }
        catch (ArgumentException exception)
        {
            throw new GridConfigurationException([$"Indexing:Redis is '{redis}': {exception.Message}; give HOST:PORT"], exception);
        }
    }
}
