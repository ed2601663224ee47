using System.Globalization;

namespace VitGrid.LoadTest.Trials;

/// <summary>One figure of a trial beside what is wanted of it.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Found">The figure.</param>
/// <param name="Wanted">The bound.</param>
/// <param name="Holds">Whether it is within the bound.</param>
internal sealed record Check(string What, string Found, string Wanted, bool Holds)
{
    /// <summary>A figure that may be at most <paramref name="bound"/>.</summary>
    public static Check AtMost(string what, double found, double bound, string unit) =>
        new(what, Text(found, unit), $"at most {Text(bound, unit)}", found <= bound);

    /// <summary>A figure that must be at least <paramref name="bound"/>.</summary>
    public static Check AtLeast(string what, double found, double bound, string unit) =>
        new(what, Text(found, unit), $"at least {Text(bound, unit)}", found >= bound);

    /// <summary>As a line of a report.</summary>
    public override string ToString() => $"{(Holds ? "held" : "MISSED"),-7} {What}: {Found}, wanted {Wanted}";

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}").TrimEnd();
}
