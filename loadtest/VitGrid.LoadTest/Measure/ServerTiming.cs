using System.Globalization;

namespace VitGrid.LoadTest.Measure;

/// <summary>The header <c>Server-Timing</c> (W3C): <c>decode;dur=1.5, infer;dur=30</c>.</summary>
internal static class ServerTiming
{
    /// <summary>Names and milliseconds, in order; entries without a duration are left out.</summary>
    public static IReadOnlyList<KeyValuePair<string, double>> Parse(string header)
    {
        List<KeyValuePair<string, double>> found = [];
        foreach (string entry in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split(';', StringSplitOptions.TrimEntries);
            string? duration = parts.Skip(1).FirstOrDefault(part => part.StartsWith("dur=", StringComparison.OrdinalIgnoreCase));
            if (duration is not null && double.TryParse(duration.AsSpan(4), CultureInfo.InvariantCulture, out double milliseconds))
                found.Add(new(parts[0], milliseconds));
        }
        return found;
    }
}
