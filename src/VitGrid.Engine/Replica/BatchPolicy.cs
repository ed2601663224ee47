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

    /// <summary>
    /// Of so many batches of an efficient size one is twice as large, so that what batches of other sizes take stays known.
    /// </summary>
    public const int ExploredBatches = 32;

    private readonly LaneQueue<T> _lanes = new(batching.InteractiveWeight);
    private readonly BatchSizes _sizes = new(batching);
    private readonly BatchCosts _costs = new();
    private int _cooldown;
    private int _lightCooldown;
    private int _efficient;

    /// <summary>Items waiting.</summary>
    public int Count => _lanes.Count;

    /// <summary>Those items and their bytes.</summary>
    public Held Held => _lanes.Held;

    /// <summary>What waits in each lane.</summary>
    public QueueState State => _lanes.State;

    /// <summary>What waits in one lane.</summary>
    public Held HeldIn(Lane lane) => _lanes.HeldIn(lane);

    /// <summary>
    /// Credits that stay free now: one while a tenant that stays within its share comes beside another's backlog, until its images fill a
    /// small batch. So they wait for the batch that is computed and leave in the next with all that have come by then, instead of standing
    /// at the device behind batches that nobody joins any more.
    /// </summary>
    public int KeptCredits => _lightCooldown > 0 && _lanes[Lane.Interactive].Ahead < SmallSize ? 1 : 0;

    private int SmallSize => _costs.SmallSize(batching.MaxBatchSize);

    /// <summary>
    /// Accepts an item, or refuses it when the queue or its lane is full in items or bytes; see <see cref="FairShare"/>.
    /// </summary>
    public bool TryAdd(in Waiting<T> waiting)
    {
        FairQueue<T> lane = _lanes[waiting.Lane];
        Held own = lane.HeldBy(waiting.Tenant);
        TenantShare share = new(own, lane.Tenants + (own.Images == 0 ? 1 : 0));
        if (!FairShare.Fits(limits.Bound, share, _lanes.Held, lane.Held, waiting.Bytes))
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
        int size = Math.Min(_sizes.Shared(Count, interactive, _cooldown > 0), SizeAmongTenants());
        List<Waiting<T>> batch = new(size);
        while (batch.Count < size && _lanes.TryTake(now, dropped, out Waiting<T> taken))
            batch.Add(taken);
        return batch;
    }

    /// <summary>Learns how long the pipeline has worked on a batch.</summary>
    public void OnAnswered(int size, TimeSpan took) => _costs.Add(size, took);

    /// <summary>
    /// Another tenant's flood would make large batches of which a tenant within its share waits for two: where it waits, or may come while
    /// the batch works, batches are small where that makes them quicker, but hold all images that go before others. Tenants that all have
    /// much waiting fill whole batches; one that waits alone, batches of a size at which nothing is lost, since another may come.
    /// </summary>
    private int SizeAmongTenants()
    {
        FairQueue<T> lane = _lanes[Lane.Interactive];
        int ahead = lane.Ahead;
        bool light = lane.Tenants > 1 && ahead > 0 && ahead < Math.Min(lane.Held.Images, batching.MaxBatchSize);
        _lightCooldown = light ? InteractiveCooldownBatches : Math.Max(0, _lightCooldown - 1);
        if (_lightCooldown > 0)
            return _sizes.For(Math.Clamp(ahead, SmallSize, batching.MaxBatchSize));
        return lane.HasNamedTenant ? _sizes.For(EfficientSize()) : batching.MaxBatchSize;
    }

    private int EfficientSize()
    {
        int size = _costs.EfficientSize(batching.MaxBatchSize);
        _efficient = (_efficient + 1) % ExploredBatches;
        return _efficient == 0 ? Math.Min(2 * size, batching.MaxBatchSize) : size;
    }
}

/// <summary>At how many images a batch leaves. Pure.</summary>
internal sealed class BatchSizes(BatchingOptions batching)
{
    // The largest batch is always a size to leave at.
    private readonly int[] _sizes = [
        .. batching.PreferredSizes.Where(size => size < batching.MaxBatchSize).Append(batching.MaxBatchSize).Distinct().Order()];

    /// <summary>So many waiting need not wait for company.</summary>
    public bool IsEnough(int waiting) => waiting >= _sizes[0];

    /// <summary>
    /// The same where <paramref name="interactive"/> of those waiting are interactive, or, with <paramref name="expected"/>, may come
    /// while the batch works: where they share it or would wait for it, it is at most a quarter full, or holds as many as these are. An
    /// image is answered with its whole batch, and after the ones before it.
    /// </summary>
    public int Shared(int waiting, int interactive, bool expected) => interactive == waiting || (interactive == 0 && !expected)
        ? For(waiting)
        : For(Math.Min(waiting, Math.Max(interactive, (batching.MaxBatchSize + 3) / 4)));

    /// <summary>The largest of the sizes that <paramref name="waiting"/> images reach; all of them where they reach none.</summary>
    public int For(int waiting)
    {
        int size = waiting;
        foreach (int reached in _sizes)
        {
            if (reached <= waiting)
                size = reached;
        }
        return size;
    }
}

/// <summary>
/// How long a batch of one replica is waited for: until any was answered <paramref name="maximum"/>, since nobody knows how slow the model
/// is here; then ten times the longest so far, if that is less, and never less than ten seconds. Clock-free; any thread may call.
/// </summary>
public sealed class BatchTimeout(TimeSpan maximum)
{
    private const int Times = 10;
    private static readonly TimeSpan Minimum = TimeSpan.FromSeconds(10);

    private long _longestTicks;

    /// <summary>The most that any batch is waited for.</summary>
    internal TimeSpan Maximum => maximum;

    /// <summary>The time for a batch that begins now.</summary>
    internal TimeSpan Current
    {
        get
        {
            TimeSpan longest = new(Interlocked.Read(ref _longestTicks));
            if (longest == TimeSpan.Zero || Times * longest >= maximum)
                return maximum;
            return Times * longest > Minimum ? Times * longest : Minimum < maximum ? Minimum : maximum;
        }
    }

    /// <summary>Learns how long a batch took.</summary>
    internal void OnAnswered(TimeSpan took)
    {
        long longest = Interlocked.Read(ref _longestTicks);
        while (took.Ticks > longest)
        {
            // Another batch may have raised it meanwhile: the longest of all stays.
            long seen = Interlocked.CompareExchange(ref _longestTicks, took.Ticks, longest);
            if (seen == longest)
                return;
            longest = seen;
        }
    }
}
