using System.Globalization;
using System.Text;

namespace VitGrid.Server.Hosting;

/// <summary>Text from outside, made fit for one line of a log.</summary>
internal static class LogLine
{
    /// <summary>Writes control characters and line separators as <c>\u001b</c>; any other text is returned as it is.</summary>
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

    private static bool IsUnfit(char letter) => char.IsControl(letter) || letter is '\u2028' or '\u2029';
}
