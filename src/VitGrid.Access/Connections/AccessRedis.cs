using StackExchange.Redis;
using VitGrid.Redis;

namespace VitGrid.Access.Connections;

/// <summary>
/// The connection to the Redis of keys, counts and audit (<c>Auth:Redis</c>), made when it is first needed and kept up. A Redis that is
/// away fails what is asked at once. Any thread may call.
/// </summary>
public sealed class AccessRedis : IAsyncDisposable
{
    private const int ConnectMilliseconds = 5_000;
    private const int WaitMilliseconds = 1_000;

    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;

    /// <summary>Creates the connection; nothing is asked yet.</summary>
    /// <param name="address">As <see cref="RedisAddress"/> reads it.</param>
    /// <param name="login">What does not stand in the address; null: nothing.</param>
    /// <exception cref="FormatException">It is none; the message holds no password.</exception>
    public AccessRedis(string address, RedisLogin? login = null)
    {
        ConfigurationOptions settings = RedisAddress.Parse(address, login);
        settings.ClientName ??= "vitgrid-access";
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.ConnectTimeout = ConnectMilliseconds;
        settings.AsyncTimeout = settings.SyncTimeout = WaitMilliseconds;
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        settings.ReconnectRetryPolicy = new LinearRetry(250);
        Name = RedisAddress.Describe(address);
        _connection = new(() => ConnectionMultiplexer.ConnectAsync(settings));
    }

    /// <summary>Hosts and ports, for messages.</summary>
    public string Name { get; }

    /// <summary>Whether an exception says that Redis was away or refused.</summary>
    public static bool IsOutage(Exception exception) => exception is RedisException or TimeoutException or ObjectDisposedException;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection.IsValueCreated)
            await (await _connection.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The database.</summary>
    /// <exception cref="RedisException">It cannot be connected to.</exception>
    internal async ValueTask<IDatabase> DataAsync() => (await _connection.Value.ConfigureAwait(false)).GetDatabase();

    /// <summary>Messages between processes.</summary>
    internal async ValueTask<ISubscriber> MessagesAsync() => (await _connection.Value.ConfigureAwait(false)).GetSubscriber();
}
