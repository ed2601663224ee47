using System.Globalization;

namespace VitGrid.Structure.Lines;

/// <summary>Where sizes lie.</summary>
/// <param name="Median">Half are at most this.</param>
/// <param name="P90">Nine of ten are at most this.</param>
/// <param name="Max">The largest.</param>
internal readonly record struct Spread(int Median, int P90, int Max)
{
    /// <summary>Of some sizes, by nearest rank; all 0 of none.</summary>
    public static Spread From(IEnumerable<int> sizes)
    {
        int[] sorted = [.. sizes.Order()];
        return sorted.Length == 0 ? default : new(Rank(sorted, 0.5), Rank(sorted, 0.9), sorted[^1]);
    }

    /// <summary>The three with slashes between.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Median} / {P90} / {Max}");

    private static int Rank(int[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
}
