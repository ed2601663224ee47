using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Replica;

/// <summary>
/// Every decision about batches: who may wait, who goes next, when a batch leaves and how large it is. Clock-free; times are passed
/// in. Not thread-safe: one owner.
/// </summary>
internal sealed class BatchPolicy<T>(BatchingOptions batching, QueueOptions limits)
{
    /// <summary>
    /// Batches for which another interactive image is expected after one: whoever sends one by one comes again that soon.
    /// </summary>
    public const int InteractiveCooldownBatches = 32;

    private readonly LaneQueue<T> _lanes = new(batching.InteractiveWeight);
    private readonly BatchSizes _sizes = new(batching);
    private int _cooldown;

    /// <summary>Items waiting.</summary>
    public int Count => _lanes.Count;

    /// <summary>Those items and their bytes.</summary>
    public Held Held => _lanes.Held;

    /// <summary>What waits in each lane.</summary>
    public QueueState State => _lanes.State;

    /// <summary>What waits in one lane.</summary>
    public Held HeldIn(Lane lane) => _lanes.HeldIn(lane);

    /// <summary>Accepts an item, or refuses it when the queue or its lane is full in items or bytes.</summary>
    public bool TryAdd(Waiting<T> waiting)
    {
        if (!limits.Fits(_lanes.Held, _lanes.HeldIn(waiting.Lane), waiting.Bytes))
            return false;
        _lanes.Add(waiting);
        return true;
    }

    /// <summary>How long until a batch should leave, given that a device would take it; zero: now; null: nothing waits.</summary>
    public TimeSpan? DelayUntilBatch(TimeSpan now)
    {
        if (_lanes.OldestSince is not { } oldest)
            return null;
        TimeSpan due = oldest + TimeSpan.FromMilliseconds(batching.MaxDelayMilliseconds);
        return _sizes.IsEnough(Count) || now >= due ? TimeSpan.Zero : due - now;
    }

    /// <summary>
    /// The next batch, at most <see cref="BatchingOptions.MaxBatchSize"/> live items; the dead ones met go to <paramref name="dropped"/>.
    /// </summary>
    public IReadOnlyList<Waiting<T>> Take(TimeSpan now, ICollection<Waiting<T>> dropped)
    {
        _lanes.DropDead(now, dropped);
        int interactive = HeldIn(Lane.Interactive).Images;
        _cooldown = interactive > 0 ? InteractiveCooldownBatches : Math.Max(0, _cooldown - 1);
        int size = _sizes.Shared(Count, interactive, _cooldown > 0);
        List<Waiting<T>> batch = new(size);
        while (batch.Count < size && _lanes.TryTake(now, dropped, out Waiting<T> taken))
            batch.Add(taken);
        return batch;
    }
}
