namespace VitGrid.LoadTest.Failures;

/// <summary>How long clients waited for right answers; zeros when there was none.</summary>
internal sealed record Latencies(TimeSpan Median, TimeSpan P99, TimeSpan Worst)
{
    /// <summary>Of the right answers among <paramref name="attempts"/>.</summary>
    public static Latencies From(IEnumerable<Attempt> attempts)
    {
        TimeSpan[] sorted = [.. attempts.Where(attempt => attempt.Outcome == Outcome.Answered).Select(attempt => attempt.Latency).Order()];
        return new(Rank(sorted, 0.5), Rank(sorted, 0.99), Rank(sorted, 1));
    }

    /// <summary>The smallest value that at least the part <paramref name="quantile"/> of all does not exceed (nearest rank).</summary>
    private static TimeSpan Rank(TimeSpan[] sorted, double quantile) =>
        sorted.Length == 0 ? TimeSpan.Zero : sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];
}
