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

    private readonly ConfigurationOptions _settings;
    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _connecting;
    private readonly string? _keyPrefix;

    /// <summary>Creates the connection; nothing is asked yet.</summary>
    /// <param name="address">As <see cref="RedisAddress"/> reads it.</param>
    /// <param name="login">What does not stand in the address; null: nothing.</param>
    /// <param name="keyPrefix">What stands before every key and channel; null: nothing.</param>
    /// <exception cref="FormatException">It is none; the message holds no password.</exception>
    public AccessRedis(string address, RedisLogin? login = null, string? keyPrefix = null)
    {
        _keyPrefix = keyPrefix;
        ConfigurationOptions settings = RedisAddress.Parse(address, login);
        settings.ClientName ??= "vitgrid-access";
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.ConnectTimeout = ConnectMilliseconds;
        settings.AsyncTimeout = settings.SyncTimeout = WaitMilliseconds;
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        settings.ReconnectRetryPolicy = new LinearRetry(250);
        Name = RedisAddress.Describe(address);
        _settings = settings;
    }

    /// <summary>Hosts and ports, for messages.</summary>
    public string Name { get; }

    /// <summary>Whether an exception says that Redis was away or refused.</summary>
    public static bool IsOutage(Exception exception) => exception is RedisException or TimeoutException or ObjectDisposedException;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? connecting;
        lock (_gate)
            connecting = _connecting;
        if (connecting is { IsCompletedSuccessfully: true })
            await (await connecting.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The database.</summary>
    /// <exception cref="RedisException">It cannot be connected to.</exception>
    internal async ValueTask<IDatabase> DataAsync() => (await ConnectAsync().ConfigureAwait(false)).GetDatabase().Below(_keyPrefix);

    /// <summary>Calls <paramref name="heard"/> at each message of a channel.</summary>
    /// <exception cref="RedisException">It cannot be connected to.</exception>
    internal async Task ListenAsync(RedisChannel channel, Action heard)
    {
        ISubscriber messages = (await ConnectAsync().ConfigureAwait(false)).GetSubscriber();
        await messages.SubscribeAsync(channel.Below(_keyPrefix), (_, _) => heard()).ConfigureAwait(false);
    }

    /// <summary>One that could not be made, as where no sentinel says where the primary is, is tried again by whoever asks next.</summary>
    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        lock (_gate)
        {
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
                _connecting = ConnectionMultiplexer.ConnectAsync(_settings);
            return _connecting;
        }
    }
}
