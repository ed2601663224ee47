using System.Globalization;
using System.Text;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting;

/// <summary>Text from outside, made fit for one line of a log.</summary>
internal static class LogLine
{
    /// <summary>
    /// Writes control characters, line separators and what turns the direction of writing as <c>\u001b</c>; any
    /// other text is returned as it is.
    /// </summary>
    public static string Escape(string text)
    {
        if (!text.Any(IsUnfit))
            return text;
        StringBuilder escaped = new(text.Length + 16);
        foreach (char letter in text)
            _ = IsUnfit(letter) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : escaped.Append(letter);
        return escaped.ToString();
    }

    /// <summary>Shortens text to <paramref name="limit"/> characters, the last of them an ellipsis where something was left out.</summary>
    public static string Shorten(string text, int limit) => text.Length <= limit ? text : $"{text.AsSpan(0, limit - 1)}…";

    /// <summary>A value of a message as it may stand in a line: bounded, without secrets, on one line.</summary>
    public static string Fit(string text, int limit) => Escape(Shorten(SecretText.Hide(Shorten(text, limit)), limit));

    private static bool IsUnfit(char letter) => char.GetUnicodeCategory(letter)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
