namespace VitGrid.Page.Grid;

/// <summary>What a process answered.</summary>
/// <param name="Minute">In the last minute.</param>
/// <param name="Hour">In the last hour.</param>
/// <param name="ImagesPerSecond">Of each minute of the last hour, the oldest first.</param>
public sealed record RateSummary(Rates Minute, Rates Hour, IReadOnlyList<double> ImagesPerSecond);

/// <summary>What was answered in some time.</summary>
/// <param name="Seconds">How long that was.</param>
/// <param name="Totals">Counts by <see cref="Counted"/>.</param>
/// <param name="Latencies">Requests by <see cref="LatencyBuckets"/>.</param>
public sealed record Rates(int Seconds, IReadOnlyList<long> Totals, IReadOnlyList<long> Latencies)
{
    /// <summary>How many of a kind there were.</summary>
    public long this[Counted what] => Totals[(int)what];

    /// <summary>How many of a kind there were per second.</summary>
    public double PerSecond(Counted what) => this[what] / (double)Seconds;

    /// <summary>The time in seconds within which a part of the requests was answered; null: there were none.</summary>
    /// <param name="part">0 to 1.</param>
    public double? Percentile(double part)
    {
        long all = Latencies.Sum(), wanted = (long)Math.Ceiling(part * all), seen = 0;
        if (all == 0)
            return null;
        for (int bucket = 0; bucket < Latencies.Count; bucket++)
        {
            if ((seen += Latencies[bucket]) >= wanted)
                return LatencyBuckets.UpperBound(bucket);
        }
        return LatencyBuckets.UpperBound(Latencies.Count - 1);
    }

    /// <summary>The part of lookups that hit, 0 to 1; null: there were none.</summary>
    public static double? Ratio(long hits, long misses) => hits + misses == 0 ? null : hits / (double)(hits + misses);
}

/// <summary>Bounds of times: eight of them a doubling, from a tenth of a millisecond. Pure.</summary>
public static class LatencyBuckets
{
    /// <summary>How many there are; the last holds whatever is longer.</summary>
    public const int Count = 160;

    private const double First = 1e-4;
    private const int PerDoubling = 8;

    /// <summary>The bucket of a time in seconds.</summary>
    public static int Of(double seconds) => seconds <= First
        ? 0 : Math.Min(Count - 1, (int)Math.Ceiling(Math.Log2(seconds / First) * PerDoubling));

    /// <summary>The longest time, in seconds, in a bucket.</summary>
    public static double UpperBound(int bucket) => First * Math.Pow(2, bucket / (double)PerDoubling);
}
