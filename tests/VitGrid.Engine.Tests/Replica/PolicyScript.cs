using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>
/// Plays random bytes against a <see cref="BatchPolicy{T}"/>: arrivals in both lanes, cancellations, time passing, batches leaving. Keeps
/// what a reader of the queue could know, to compare with.
/// </summary>
internal sealed class PolicyScript
{
    public static readonly BatchingOptions Batching =
        new() { MaxBatchSize = 4, PreferredSizes = [3], InteractiveWeight = 3, MaxDelayMilliseconds = 5 };
    public static readonly QueueOptions Limits = new() { MaxImages = 12, MaxBytes = 600 };

    private readonly BatchPolicy<int> _policy = new(Batching, Limits);
    private readonly List<Waiting<int>> _waiting = [];
    private readonly List<CancellationTokenSource> _cancellations = [];
    private TimeSpan _now;
    private int _sinceInteractive = BatchPolicy<int>.InteractiveCooldownBatches;

    public List<Waiting<int>> Accepted { get; } = [];

    public List<Waiting<int>> Taken { get; } = [];

    public List<Waiting<int>> Dropped { get; } = [];

    /// <summary>The first broken promise, null when all held.</summary>
    public string? Broken { get; private set; }

    public static PolicyScript Play(byte[] script)
    {
        PolicyScript play = new();
        foreach (byte step in script)
            play.Step(step);
        while (play._policy.Count > 0)
            play.Take();
        return play;
    }

    private void Step(byte step)
    {
        int size = step >> 3;
        switch (step & 7)
        {
            case 0 or 1 or 2:
                Add(Lane.Interactive, size);
                break;
            case 3 or 4:
                Add(Lane.Bulk, size);
                break;
            case 5:
                _now += TimeSpan.FromMilliseconds(size);
                break;
            case 6:
                if (_cancellations.Count > 0)
                    _cancellations[size % _cancellations.Count].Cancel();
                break;
            default:
                Take();
                break;
        }
    }

    private void Add(Lane lane, int size)
    {
        CancellationTokenSource cancellation = new();
        Waiting<int> waiting = new(
            _cancellations.Count, lane, size * 10, _now, _now + TimeSpan.FromMilliseconds(10 + size), cancellation.Token);
        _cancellations.Add(cancellation);
        bool fits = Fits(waiting);
        Expect(_policy.TryAdd(waiting) == fits, $"item {waiting.Item}: fits is {fits}");
        if (fits)
        {
            Accepted.Add(waiting);
            _waiting.Add(waiting);
        }
        ExpectAccounts();
    }

    /// <summary>The whole queue holds 12 items of 600 bytes, a lane three quarters of both; its first item may take more.</summary>
    private bool Fits(Waiting<int> waiting)
    {
        List<Waiting<int>> lane = [.. _waiting.Where(other => other.Lane == waiting.Lane)];
        return _waiting.Count < 12 && lane.Count < 9
            && _waiting.Sum(other => other.Bytes) + waiting.Bytes <= 600
            && (lane.Count == 0 || lane.Sum(other => other.Bytes) + waiting.Bytes <= 450);
    }

    private void Take()
    {
        List<Waiting<int>> dropped = [];
        IReadOnlyList<Waiting<int>> batch = _policy.Take(_now, dropped);
        Expect(batch.Count <= Batching.MaxBatchSize, $"batch of {batch.Count}");
        // A quarter of a batch, where interactive images share it with bulk ones or did lately.
        _sinceInteractive = _waiting.Any(waiting => waiting.Lane == Lane.Interactive) ? 0 : _sinceInteractive + 1;
        int least = _sinceInteractive < BatchPolicy<int>.InteractiveCooldownBatches
            ? (Batching.MaxBatchSize + 3) / 4 : Batching.MaxBatchSize;
        Expect(batch.Count >= least || _policy.Count == 0 || dropped.Count > 0, $"batch of {batch.Count} while {_policy.Count} wait");
        Expect(batch.All(waiting => !waiting.IsDead(_now)), "a dead item in a batch");
        Expect(dropped.All(waiting => waiting.IsDead(_now)), "a live item dropped");
        Taken.AddRange(batch);
        Dropped.AddRange(dropped);
        _waiting.RemoveAll(waiting => batch.Contains(waiting) || dropped.Contains(waiting));
        ExpectAccounts();
    }

    private void ExpectAccounts()
    {
        Expect(_policy.Count == _waiting.Count, $"{_policy.Count} counted, {_waiting.Count} waiting");
        Expect(_policy.Held.Bytes == _waiting.Sum(waiting => waiting.Bytes), $"{_policy.Held.Bytes} bytes counted");
        Expect(_policy.Count <= Limits.MaxImages && _policy.Held.Bytes <= Limits.MaxBytes, "a limit is passed");
    }

    private void Expect(bool held, string otherwise) => Broken ??= held ? null : otherwise;
}
