using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Model.Tensors;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// The level of the cache that processes share: <see cref="CacheEnvelope"/>s under the keys' text. It may fail at any time and in any way.
/// </summary>
internal sealed partial class RedisLevel : ISharedCache
{
    /// <summary>Longest time that the last vectors may take at the end.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);

    private readonly CacheOptions _options;
    private readonly CacheConnection _connection;
    private readonly CacheEnvelope _envelope;
    private readonly ILogger<RedisLevel> _logger;
    private readonly ThrottledCount _rejected = new(TimeSpan.FromSeconds(1));
    private readonly GridMetrics _metrics;
    private readonly LookupBatcher _lookups;
    private readonly WriteBehind _writes;
    private readonly AdaptiveTimeout _timeout;
    private readonly TimeProvider _time;
    private readonly VectorRecalls _recalls;

    public RedisLevel(CacheConnection connection, CacheEnvelope envelope, VectorRecalls recalls, GridMetrics metrics,
        [FromKeyedServices(GridClock.Key)] TimeProvider time, ILogger<RedisLevel> logger)
    {
        CacheOptions options = connection.Options;
        (_options, _connection, _envelope, _metrics, _time, _logger) = (options, connection, envelope, metrics, time, logger);
        _recalls = recalls;
        _timeout = new(options.Wait);
        _lookups = new(AskAsync);
        _writes = new(options, StoreAsync, count => metrics.Wrote("dropped", count));
    }

    /// <summary>Vectors that wait to be written.</summary>
    public int Waiting => _writes.Count;

    /// <summary>Whether Redis is asked at present.</summary>
    public bool IsAsked => !_connection.IsOpen;

    /// <summary>
    /// The stored vector, null when there is none, it is damaged or not to be believed, or no answer came within
    /// <see cref="CacheOptions.WaitMilliseconds"/>, or less (<see cref="AdaptiveTimeout"/>).
    /// </summary>
    public async Task<CachedVector?> FindAsync(EmbeddingKey key)
    {
        if (_connection.IsOpen)
            return Record("error", null);
        string text = key.ToString();
        Task<LookupAnswer> lookup = AskAsync(text);
        // Behind slow questions of others a lookup would wait longer than its own may take.
        await ((Task)lookup.WaitAsync(_timeout.For(key.Scope))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!lookup.IsCompletedSuccessfully || lookup.Result is not { IsAnswered: true } answer)
            return Record("error", null);
        StoredVector stored = answer.Value is { } value ? _envelope.Read(key, text, value.Span) : default;
        if (stored.Rejection is { } reason)
            return Reject(text, reason);
        if (_recalls.Covers(stored.Origin))
            return Reject(text, $"it was computed by {stored.Origin!.Devices}, of which a device was found to compute wrong then");
        return Record(stored.Vector is null ? "miss" : "hit", stored.Vector is null ? null : new(stored.Vector, stored.Origin));
    }

    /// <summary>
    /// The vector as everybody is to see it from now on: rounded where Redis holds it rounded, so that a hit is bit for bit what was
    /// answered first.
    /// </summary>
    public float[] Shape(float[] computed) => _options.Format == CacheFormat.Fp16 ? HalfNumbers.Rounded(computed) ?? computed : computed;

    /// <summary>Has the vector, computed in <paramref name="took"/>, written some time.</summary>
    public void Store(EmbeddingKey key, CachedVector vector, TimeSpan took)
    {
        _timeout.Computed(key.Scope, took);
        float[] numbers = vector.Vector;
        if ((_options.Format == CacheFormat.Fp16 && HalfNumbers.Rounded(numbers) is null) || key.Objection(numbers) is not null)
            return;
        string text = key.ToString();
        _writes.Add(new(text, _envelope.Write(text, numbers, vector.Origin)) { Origin = vector.Origin });
    }

    /// <summary>Connects.</summary>
    public Task StartAsync() => _connection.StartAsync();

    /// <summary>Writes what waits if Redis answers, and lets go.</summary>
    public async Task StopAsync()
    {
        await _writes.FlushAsync(IsAsked ? FlushLimit : TimeSpan.Zero);
        await _connection.StopAsync();
    }

    /// <summary>Takes it out of Redis, since nobody may come to overwrite it.</summary>
    private CachedVector? Reject(string key, string reason)
    {
        if (_rejected.Add(_time.Now()) is { } count)
            LogRejected(count, key, reason);
        _ = _connection.AskAsync(key, redis => redis.KeyDeleteAsync(key));
        return Record("rejected", null);
    }

    private CachedVector? Record(string result, CachedVector? vector)
    {
        _metrics.Lookup("redis", result);
        return vector;
    }

    /// <summary>An answer is heard also when nobody waits for it any more: it tells when Redis is quick again.</summary>
    private async Task<LookupAnswer> AskAsync(string key)
    {
        TimeSpan began = _time.Now();
        LookupAnswer answer = await _lookups.FindAsync(key);
        if (answer.IsAnswered)
            _timeout.Answered(_time.Now() - began);
        return answer;
    }

    private async Task<IReadOnlyList<LookupAnswer>?> AskAsync(IReadOnlyList<string> keys)
    {
        if (_connection.IsCluster)
            return await Task.WhenAll(keys.Select(AskAloneAsync));
        (bool isAnswered, RedisValue[]? values) = await _connection.AskAsync(
            redis => redis.StringGetAsync([.. keys.Select(key => (RedisKey)key)]));
        return isAnswered ? [.. values!.Select(value => new LookupAnswer(true, Value(value)))] : null;
    }

    /// <summary>In a Redis Cluster one question takes keys of one slot only, and one server may be away while the others answer.</summary>
    private async Task<LookupAnswer> AskAloneAsync(string key)
    {
        (bool isAnswered, RedisValue value) = await _connection.AskAsync(key, redis => redis.StringGetAsync(key));
        return new(isAnswered, Value(value));
    }

    private static ReadOnlyMemory<byte>? Value(RedisValue value) => value.IsNull ? (ReadOnlyMemory<byte>?)null : value;

    private async Task StoreAsync(IReadOnlyList<CacheWrite> batch)
    {
        // While Redis is away vectors wait in the queue, where the newest are kept.
        await _connection.WhenAsked;
        // Asked here and not when they came: a device may be found out while its vectors wait.
        batch = [.. batch.Where(write => !_recalls.Covers(write.Origin))];
        (bool IsAnswered, bool Answer)[] stored = await Task.WhenAll(batch.Select(write =>
            _connection.AskAsync(write.Key, redis => redis.StringSetAsync(
                write.Key, write.Value, Expiry.For(_options, Random.Shared.NextDouble()), When.Always, CommandFlags.None))));
        int failed = stored.Count(answer => !answer.IsAnswered);
        if (failed > 0)
            _metrics.Wrote("failed", failed);
        if (failed < batch.Count)
            _metrics.Wrote("stored", batch.Count - failed);
    }

    [LoggerMessage(5211, LogLevel.Warning, "{Count} vectors in the cache's Redis were not believed since this was last said, and deleted; "
        + "the last one, under {Key}: {Reason}")]
    private partial void LogRejected(int count, string key, string reason);
}
