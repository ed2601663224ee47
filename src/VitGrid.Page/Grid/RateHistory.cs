namespace VitGrid.Page.Grid;

/// <summary>
/// Counts what this process answered, and keeps an hour of it: slots of <see cref="SlotSeconds"/> s in a ring, of a size that never
/// grows. Any thread counts; one asks.
/// </summary>
public sealed class RateHistory
{
    /// <summary>Length of a slot.</summary>
    public const int SlotSeconds = 10;

    /// <summary>Slots of an hour.</summary>
    public const int Slots = 360;

    private const int RatePoints = 60;

    private readonly long[] _totals = new long[(int)Counted.Batched + 1];
    private readonly long[] _latencies = new long[LatencyBuckets.Count];
    private readonly Slot?[] _ring = new Slot?[Slots];
    private Slot _last = new(0, new long[(int)Counted.Batched + 1], new long[LatencyBuckets.Count]);
    private long _slot = -1;

    /// <summary>Counts.</summary>
    public void Add(Counted what, long amount) => Interlocked.Add(ref _totals[(int)what], amount);

    /// <summary>Counts a request that was answered after <paramref name="seconds"/>.</summary>
    public void Answered(double seconds)
    {
        Interlocked.Increment(ref _totals[(int)Counted.Requests]);
        Interlocked.Increment(ref _latencies[LatencyBuckets.Of(seconds)]);
    }

    /// <summary>Closes the slot that ended before <paramref name="now"/>, if one did; to be called about once a second.</summary>
    /// <param name="now">Seconds on a clock that only measures.</param>
    public void Tick(double now)
    {
        long slot = (long)(now / SlotSeconds);
        if (slot == _slot)
            return;
        Slot totals = new(now, [.. _totals], [.. _latencies]);
        if (_slot >= 0)
            _ring[_slot % Slots] = totals.Less(_last);
        // Slots in which nobody ticked hold nothing.
        for (long missed = Math.Max(_slot + 1, slot - Slots); missed < slot; missed++)
            _ring[missed % Slots] = null;
        (_last, _slot) = (totals, slot);
        _ring[_slot % Slots] = null;
    }

    /// <summary>What there was in the last minute and hour.</summary>
    public RateSummary Summary()
    {
        Slot open = new Slot(0, [.. _totals], [.. _latencies]).Less(_last);
        Slot[] minute = [.. Recent(60 / SlotSeconds)], hour = [.. Recent(Slots)];
        return new(Sum(minute.Append(open), minute.Length * SlotSeconds), Sum(hour.Append(open), hour.Length * SlotSeconds), Points());
    }

    /// <summary>The newest closed slots, at most so many.</summary>
    private IEnumerable<Slot> Recent(int count) => Enumerable.Range(1, count).Select(back => _slot - back)
        .Where(slot => slot >= 0).Select(slot => _ring[slot % Slots]).OfType<Slot>();

    /// <summary>Images per second, a point a minute, the oldest first.</summary>
    private double[] Points()
    {
        double[] points = new double[RatePoints];
        const int SlotsOfPoint = Slots / RatePoints;
        for (int back = 1; back < Slots; back++)
        {
            if (_slot - back >= 0 && _ring[(_slot - back) % Slots] is { } slot)
                points[RatePoints - 1 - ((back - 1) / SlotsOfPoint)] += slot.Images / (double)(SlotsOfPoint * SlotSeconds);
        }
        return points;
    }

    private static Rates Sum(IEnumerable<Slot> slots, int seconds)
    {
        long[] totals = new long[(int)Counted.Batched + 1], latencies = new long[LatencyBuckets.Count];
        foreach (Slot slot in slots)
        {
            for (int i = 0; i < totals.Length; i++)
                totals[i] += slot.Totals[i];
            for (int i = 0; i < latencies.Length; i++)
                latencies[i] += slot.Latencies[i];
        }
        return new(Math.Max(SlotSeconds, seconds), totals, latencies);
    }

    private sealed record Slot(double At, long[] Totals, long[] Latencies)
    {
        public long Images => Totals[(int)Counted.Computed] + Totals[(int)Counted.Cached];

        public Slot Less(Slot before) => new(
            At,
            [.. Totals.Zip(before.Totals, (after, old) => after - old)],
            [.. Latencies.Zip(before.Latencies, (after, old) => after - old)]);
    }
}

/// <summary>What is counted.</summary>
public enum Counted
{
    /// <summary>Requests answered, whatever the answer was.</summary>
    Requests,

    /// <summary>Images that were computed.</summary>
    Computed,

    /// <summary>Images that a cache held.</summary>
    Cached,

    /// <summary>Images that were refused, expired or cancelled.</summary>
    Refused,

    /// <summary>Images that failed.</summary>
    Failed,

    /// <summary>Lookups in memory that hit.</summary>
    MemoryHits,

    /// <summary>Lookups in memory that missed.</summary>
    MemoryMisses,

    /// <summary>Lookups in Redis that hit.</summary>
    RedisHits,

    /// <summary>Lookups in Redis that missed.</summary>
    RedisMisses,

    /// <summary>Batches that left for the devices.</summary>
    Batches,

    /// <summary>Images in them.</summary>
    Batched,
}
