using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;
using VitGrid.Redis;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// The one connection to the cache's Redis. What is asked is answered within <see cref="CacheOptions.WaitMilliseconds"/> or not at all;
/// after some failures nothing is asked until probes, here in the background, are answered again.
/// </summary>
internal sealed partial class CacheConnection(CacheOptions options, ILogger<CacheConnection> logger) : IDisposable
{
    private const int QuickAnswers = 3;
    private static readonly TimeSpan FirstContact = TimeSpan.FromSeconds(1);

    private readonly ConfigurationOptions _settings = SettingsOf(options);
    private readonly CircuitBreaker _breaker = new(options.BreakAfterFailures);
    private readonly CancellationTokenSource _stopping = new();
    private ConnectionMultiplexer? _redis;
    private volatile bool _isCluster;
    private Task _watching = Task.CompletedTask;
    private volatile bool _refusalLogged;

    /// <summary>The cache's settings.</summary>
    public CacheOptions Options => options;

    /// <summary>Whether nothing is asked.</summary>
    public bool IsOpen => _breaker.IsOpen;

    /// <summary>Completes when Redis is asked; at once while it is.</summary>
    public Task WhenAsked => _breaker.WhenClosed;

    /// <summary>The database, for what is asked beside the images; null while Redis is not asked.</summary>
    public IDatabase? Database => IsOpen ? null : _redis?.GetDatabase().Below(options.KeyPrefix);

    /// <summary>Whether it is a Redis Cluster: a command's keys lie in one slot, and a server may be away while others answer.</summary>
    public bool IsCluster => _isCluster;

    private string Name => string.Join(',', _settings.EndPoints);

    /// <summary>
    /// Begins to connect, and waits a moment so that the first images find the connection made; a Redis that is away is no fault.
    /// </summary>
    public async Task StartAsync()
    {
        _watching = Task.Run(() => WatchAsync(_stopping.Token));
        await WhenAsked.WaitAsync(FirstContact).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (IsOpen)
            LogAway(Name, "no answer yet");
    }

    /// <summary>Asks; an answer that does not come in time, or is a refusal, is none.</summary>
    public async Task<(bool IsAnswered, T? Answer)> AskAsync<T>(Func<IDatabase, Task<T>> question)
    {
        if (IsOpen)
            return default;
        try
        {
            T answer = await question(_redis!.GetDatabase().Below(options.KeyPrefix)).WaitAsync(options.Wait);
            _breaker.Succeeded();
            _refusalLogged = false;
            return (true, answer);
        }
        catch (RedisServerException exception)
        {
            Refused(exception.Message);
        }
        catch (RedisConnectionException exception) when (IsPartlyThere())
        {
            // It fails at once and costs nobody anything, and the keys of the other servers are still found.
            Refused(exception.Message);
        }
        catch (Exception exception)
        {
            if (_breaker.Failed())
                LogAway(Name, exception is TimeoutException ? $"no answer within {options.WaitMilliseconds} ms" : exception.Message);
        }
        return default;
    }

    /// <summary>
    /// The same of a single key. In a Redis Cluster whose server for it is away nobody is asked: the client library would ask another one,
    /// and follow its answer to the one that is away, for as long as that may take.
    /// </summary>
    public Task<(bool IsAnswered, T? Answer)> AskAsync<T>(string key, Func<IDatabase, Task<T>> question) =>
        _isCluster && !IsOpen && IsHolderAway(key) ? Task.FromResult<(bool, T?)>(default) : AskAsync(question);

    /// <summary>The servers that hold keys, each key one of them.</summary>
    /// <exception cref="RedisException">One of them is away.</exception>
    public Task<IReadOnlyList<IServer>> HoldersAsync() => _redis!.HoldersAsync();

    /// <summary>Ends the probing and the connection.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _redis?.Dispose();
        _stopping.Dispose();
    }

    private static ConfigurationOptions SettingsOf(CacheOptions options)
    {
        ConfigurationOptions settings = RedisSetting.Parse(options);
        settings.ClientName ??= "vitgrid-cache";
        // INFO, which tells the memory's bound and policy, is an operator's command to the client library.
        settings.AllowAdmin = true;
        // What waits for a connection that is gone is answered at once instead of piling up.
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.ConnectTimeout = 1_000;
        settings.AsyncTimeout = settings.SyncTimeout = Math.Max(1_000, 2 * options.WaitMilliseconds);
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        settings.ReconnectRetryPolicy = new LinearRetry(250);
        // Of a cluster whose replica took over a primary's slots.
        settings.ConfigCheckSeconds = 5;
        return settings;
    }

    private bool IsHolderAway(string key)
    {
        ClusterConfiguration? cluster = _redis!.GetServers().FirstOrDefault(server => server.IsConnected)?.ClusterConfiguration;
        return cluster?.GetBySlot($"{options.KeyPrefix}{key}")?.EndPoint is { } holder && !_redis.GetServer(holder).IsConnected;
    }

    private bool IsPartlyThere() => _isCluster && _redis!.GetServers().Any(server => server is { IsConnected: true, IsReplica: false });

    /// <summary>It is there and says no, as when it is full: others may still be answered.</summary>
    private void Refused(string message)
    {
        _breaker.Succeeded();
        if (!_refusalLogged)
            LogRefusal(Name, message);
        _refusalLogged = true;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        bool first = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            await _breaker.WhenOpen.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (await AnswersQuicklyAsync(cancellationToken))
            {
                _breaker.Close();
                LogAnswers(Name);
                if (first)
                    await WarnOfPolicyAsync();
                first = false;
            }
            else
            {
                await Task.Delay(options.ProbeMilliseconds, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Several answers in a row, each in half the time that images wait: a Redis at the edge of it is left alone.</summary>
    private async Task<bool> AnswersQuicklyAsync(CancellationToken cancellationToken)
    {
        try
        {
            _redis ??= await ConnectionMultiplexer.ConnectAsync(_settings);
            _isCluster = _redis.IsCluster();
            for (int i = 0; i < QuickAnswers; i++)
                await Task.WhenAll(Pings(_redis)).WaitAsync(options.Wait / 2, cancellationToken);
            return true;
        }
        catch (Exception)
        {
            // Whatever it was, the next probe tries again.
            return false;
        }
    }

    /// <summary>Of a cluster every server that is connected: one that is frozen would hold up the images whose keys it has.</summary>
    private Task[] Pings(ConnectionMultiplexer redis)
    {
        Task[] servers = !_isCluster ? [] : [.. redis.GetServers()
            .Where(server => server is { IsConnected: true, IsReplica: false }).Select(server => (Task)server.PingAsync())];
        return servers.Length > 0 ? servers : [redis.GetDatabase().PingAsync()];
    }

    private async Task WarnOfPolicyAsync()
    {
        foreach (IServer server in _redis!.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            (bool isAnswered, string? memory) = await AskAsync(async _ => await server.InfoRawAsync("memory"));
            if (isAnswered && RedisMemory.From(RedisInfo.Parse(memory!)) is { } told && told.Warning is { } warning)
                LogPolicy($"{server.EndPoint}", warning);
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "The cache's Redis at {Redis} answers")]
    private partial void LogAnswers(string redis);

    [LoggerMessage(5002, LogLevel.Warning,
        "The cache's Redis at {Redis} is not asked until it answers probes again: {Reason}. Images are computed meanwhile")]
    private partial void LogAway(string redis, string reason);

    [LoggerMessage(5003, LogLevel.Warning, "The cache's Redis at {Redis} refuses: {Reason}. What it does not store is computed again")]
    private partial void LogRefusal(string redis, string reason);

    [LoggerMessage(5004, LogLevel.Warning, "The cache's Redis at {Redis} {Warning}")]
    private partial void LogPolicy(string redis, string warning);
}
