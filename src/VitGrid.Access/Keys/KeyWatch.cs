using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Access.Options;

namespace VitGrid.Access.Keys;

/// <summary>What is known of a key that was sent.</summary>
/// <param name="Key">The key; null: it is not known.</param>
/// <param name="IsUncertain">Whether the keys cannot be read now, so that a key that is not known may exist all the same.</param>
public readonly record struct KeyAnswer(ApiKey? Key, bool IsUncertain);

/// <summary>
/// Keeps a snapshot of the keys fresh: by a timer, by the store's messages, and, not too often, by a key that is not in it. While the
/// store is away the last snapshot goes on for <see cref="AuthOptions.OutageSeconds"/>. Any thread may ask.
/// </summary>
/// <param name="store">Where the keys are.</param>
/// <param name="options">How long what is known holds.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of changes, and of a store that is away.</param>
public sealed partial class KeyWatch(IKeyStore store, AuthOptions options, TimeProvider time, ILogger<KeyWatch> log) : BackgroundService
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _nudged = new(0, 1);
    private Snapshot _now = new(KeyRing.Empty, null, null, IsFailing: true);
    private Task? _reading;
    private Task? _next;
    private bool _isListening;

    /// <summary>The snapshot: its keys, when it was read (null: never), when reading was last tried, and whether that failed.</summary>
    private sealed record Snapshot(KeyRing Ring, long? ReadAt, long? TriedAt, bool IsFailing);

    /// <summary>The keys as they were last read.</summary>
    public KeyRing Ring => _now.Ring;

    /// <summary>
    /// Looks a key up. Where it is not known the answer waits for a reading that begins after the question, so that a key is known from the
    /// moment it was made; readings lie <see cref="LeastPause"/> apart, and all who ask meanwhile wait for the same one.
    /// </summary>
    public ValueTask<KeyAnswer> FindAsync(KeyHash hash)
    {
        Snapshot now = _now;
        KeyAnswer answer = Answer(now, hash);
        // A store that was away just now is not waited for: nobody can say whether the key exists, and that is the answer.
        bool isToldAtOnce = answer.Key is not null || (now.IsFailing && now.TriedAt is not null && Since(now) < LeastPause);
        return isToldAtOnce ? ValueTask.FromResult(answer) : FindAnewAsync(hash);
    }

    /// <summary>Reads the keys now; calls that come meanwhile wait for the same reading.</summary>
    public Task RefreshAsync()
    {
        lock (_lock)
        {
            if (_reading is null or { IsCompleted: true })
                _reading = ReadAsync();
            return _reading;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _nudged.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RefreshAsync().ConfigureAwait(false);
            await ListenAsync().ConfigureAwait(false);
            using CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Task timer = Task.Delay(options.Refresh, time, pause.Token), nudge = _nudged.WaitAsync(pause.Token);
            await Task.WhenAny(timer, nudge).ConfigureAwait(false);
            await pause.CancelAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<KeyAnswer> FindAnewAsync(KeyHash hash)
    {
        Task next;
        lock (_lock)
            next = _next ??= ReadNextAsync();
        await next.ConfigureAwait(false);
        return Answer(_now, hash);
    }

    /// <summary>A reading that begins after this was called: one that is under way may have been answered before a key was made.</summary>
    private async Task ReadNextAsync()
    {
        // Whoever asks for it must not hold the lock meanwhile.
        await Task.Yield();
        Task? begun = null;
        while (begun is null)
        {
            await (_reading ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Since(_now) is var since && since < LeastPause)
                await Task.Delay(LeastPause - since, time).ConfigureAwait(false);
            lock (_lock)
            {
                // The timer may have begun one meanwhile.
                if (_reading is null or { IsCompleted: true })
                    (_reading, _next) = (begun = ReadAsync(), null);
            }
        }
        await begun.ConfigureAwait(false);
    }

    private TimeSpan Since(Snapshot now) => now.TriedAt is { } tried ? time.GetElapsedTime(tried) : TimeSpan.MaxValue;

    private KeyAnswer Answer(Snapshot now, KeyHash hash)
    {
        bool isTooOld = now.ReadAt is not { } read || (now.IsFailing && time.GetElapsedTime(read) > options.Outage);
        return isTooOld ? new(null, IsUncertain: true) : new(now.Ring.Find(hash, time.GetUtcNow()), now.IsFailing);
    }

    private async Task ReadAsync()
    {
        // Whoever asks for a reading must not hold the lock while it goes on.
        await Task.Yield();
        long begun = time.GetTimestamp();
        Snapshot before = _now;
        try
        {
            IReadOnlyList<ApiKey> keys = await store.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            _now = new(KeyRing.From(keys), begun, begun, IsFailing: false);
            TellChanges(before, keys);
        }
        catch (KeyStoreException exception)
        {
            _now = before with { TriedAt = begun, IsFailing = true };
            if (!before.IsFailing || before.TriedAt is null)
                LogAway(exception.Message, options.OutageSeconds);
        }
    }

    private async Task ListenAsync()
    {
        if (_isListening || _now.IsFailing)
            return;
        try
        {
            await store.ListenAsync(Nudge).ConfigureAwait(false);
            _isListening = true;
        }
        catch (KeyStoreException)
        {
            // The timer asks again, and reads meanwhile.
        }
    }

    private void Nudge()
    {
        try
        {
            _nudged.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // It is nudged already, or over.
        }
    }

    private void TellChanges(Snapshot before, IReadOnlyList<ApiKey> keys)
    {
        if (before.ReadAt is null || before.IsFailing)
        {
            LogRead(keys.Count, store.Place);
            return;
        }
        foreach (ApiKey key in keys.Where(key => before.Ring.Keys.All(old => old.Id != key.Id || old.Hash != key.Hash)))
            LogKnown(key.Name, key.Id);
        foreach (ApiKey key in before.Ring.Keys.Where(old => keys.All(key => old.Id != key.Id)))
            LogGone(key.Name, key.Id);
    }

    [LoggerMessage(8001, LogLevel.Information, "{Count} keys are known, from {Place}")]
    private partial void LogRead(int count, string place);

    [LoggerMessage(8002, LogLevel.Warning,
        "{Reason}. Known keys go on for {Seconds} s (VitGrid:Auth:OutageSeconds), others are answered 503")]
    private partial void LogAway(string reason, int seconds);

    [LoggerMessage(8003, LogLevel.Information, "Key {Name} ({Id}) is new or has a new secret")]
    private partial void LogKnown(string name, string id);

    [LoggerMessage(8004, LogLevel.Information, "Key {Name} ({Id}) is revoked")]
    private partial void LogGone(string name, string id);
}
