using HdrHistogram;

namespace VitGrid.LoadTest.Measure;

/// <summary>Waiting times in an HdrHistogram of microseconds, up to an hour, to three digits. Not thread-safe.</summary>
internal sealed class Waits
{
    private const long Longest = 3_600_000_000;

    private static readonly double[] Plotted = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100];

    private readonly LongHistogram _histogram = new(1, Longest, 3);

    /// <summary>How many.</summary>
    public long Count => _histogram.TotalCount;

    /// <summary>Adds one.</summary>
    public void Add(TimeSpan wait) => _histogram.RecordValue(Math.Clamp((long)wait.TotalMicroseconds, 1, Longest));

    /// <summary>Forgets all.</summary>
    public void Clear() => _histogram.Reset();

    /// <summary>The wait in milliseconds that <paramref name="percent"/> of all do not exceed; 0 when there is none.</summary>
    public double At(double percent) => Count == 0 ? 0 : _histogram.GetValueAtPercentile(percent) / 1e3;

    /// <summary>What reports show.</summary>
    public Percentiles Sum() => Count == 0 ? new(0, 0, 0, 0, 0, 0, 0) : new(
        Math.Round(_histogram.GetMean() / 1e3, 3), At(50), At(75), At(90), At(99), At(99.9), At(100));

    /// <summary>Percentiles and milliseconds for a plot.</summary>
    public IReadOnlyList<PlotPoint> Curve() => Count == 0 ? [] : [.. Plotted.Select(percent => new PlotPoint(percent, At(percent)))];
}

/// <summary>Waiting times in milliseconds; zeros when there was none.</summary>
internal sealed record Percentiles(double Mean, double P50, double P75, double P90, double P99, double P999, double Max);

/// <summary>A point of a plot.</summary>
internal sealed record PlotPoint(double X, double Y);
