using System.Globalization;

namespace VitGrid.Benchmarks;

/// <summary>Numbers of several rounds in one: their median, and how far they lie apart.</summary>
internal static class Ratios
{
    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Median and range in words.</summary>
    public static string Text(IReadOnlyCollection<double> ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):0.000} ({ratios.Min():0.000} to {ratios.Max():0.000})");
}
