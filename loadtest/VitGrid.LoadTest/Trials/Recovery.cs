using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>When a server was its old self again.</summary>
internal static class Recovery
{
    /// <summary>
    /// Seconds from the first interval to the one from which on everything was answered within <paramref name="bound"/> milliseconds;
    /// null: never.
    /// </summary>
    public static double? From(IReadOnlyList<IntervalReport> timeline, double bound)
    {
        int last = timeline.Count - 1;
        while (last >= 0 && timeline[last] is { Refused: 0, Failed: 0 } interval && interval.Max <= bound)
            last--;
        return last + 1 < timeline.Count ? timeline[last + 1].Second : null;
    }
}
