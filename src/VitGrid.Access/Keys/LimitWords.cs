using System.Globalization;

namespace VitGrid.Access.Keys;

/// <summary>The words of limits, as <c>--limit requests/minute=600</c> writes them. Pure.</summary>
public static class LimitWords
{
    private static readonly (string Name, Func<KeyLimits, long> Get, Func<KeyLimits, long, KeyLimits> With)[] All =
    [
        ("requests/minute", limits => limits.RequestsPerMinute, (limits, value) => limits with { RequestsPerMinute = value }),
        ("requests/day", limits => limits.RequestsPerDay, (limits, value) => limits with { RequestsPerDay = value }),
        ("images/minute", limits => limits.ImagesPerMinute, (limits, value) => limits with { ImagesPerMinute = value }),
        ("images/day", limits => limits.ImagesPerDay, (limits, value) => limits with { ImagesPerDay = value }),
        ("bytes/minute", limits => limits.BytesPerMinute, (limits, value) => limits with { BytesPerMinute = value }),
        ("bytes/day", limits => limits.BytesPerDay, (limits, value) => limits with { BytesPerDay = value }),
        ("images/once", limits => limits.ImagesUnderWay, (limits, value) => limits with { ImagesUnderWay = value }),
    ];

    /// <summary>Reads limits with commas between, such as <c>requests/minute=600,images/once=32</c>.</summary>
    /// <exception cref="FormatException">One is none.</exception>
    public static KeyLimits Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Aggregate(KeyLimits.None, Add);
    }

    /// <summary>The limits that are set, with commas between; empty for none.</summary>
    public static string Format(KeyLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return string.Join(", ", All.Where(limit => limit.Get(limits) > 0)
            .Select(limit => string.Create(CultureInfo.InvariantCulture, $"{limit.Name}={limit.Get(limits)}")));
    }

    private static KeyLimits Add(KeyLimits limits, string text)
    {
        string[] parts = text.Split('=');
        int at = Array.FindIndex(All, limit => limit.Name == parts[0]);
        return parts.Length == 2 && at >= 0 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value is > 0 and <= 1L << 50
            ? All[at].With(limits, value)
            : throw new FormatException(
                $"'{text}' is no limit; it takes {string.Join(", ", All.Select(limit => limit.Name))}, each with = and a whole number");
    }
}
