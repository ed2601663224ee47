using System.Globalization;

namespace VitGrid.Server.Verbs;

/// <summary>How long ago something was, as commands take it: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>.</summary>
internal static class Age
{
    private const int MaxNumber = 1_000_000;

    /// <summary>Null where the text is none.</summary>
    public static TimeSpan? TryRead(string text)
    {
        long seconds = text.Length < 2 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        return seconds > 0 && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number <= MaxNumber
            ? TimeSpan.FromSeconds(number * seconds)
            : null;
    }

    /// <exception cref="FormatException">It is no age.</exception>
    public static TimeSpan Read(string text) => TryRead(text)
        ?? throw new FormatException($"'{text}' is no age; it takes a whole number up to 1,000,000 and s, m, h or d, such as 7d");
}
