using System.Text;

namespace VitGrid.Transport;

/// <summary>Text that came from a peer, fit for a line of a log or a message: whatever was sent, it stays one short line.</summary>
public static class PeerText
{
    /// <summary>Longest text that is passed on, in characters.</summary>
    public const int MaxLength = 2_048;

    /// <summary>Longest name of a process or a grid, in characters.</summary>
    public const int MaxNameLength = 128;

    /// <summary>
    /// The text with every character that is not plain (controls, line ends, half surrogates, marks of direction) as <c>\u001b</c>, cut
    /// after <see cref="MaxLength"/> characters.
    /// </summary>
    public static string Escape(string? text)
    {
        if (text is null)
            return "";
        StringBuilder line = new(Math.Min(text.Length, MaxLength));
        foreach (char letter in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (IsPlain(letter))
                line.Append(letter);
            else
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
        }
        return text.Length > MaxLength ? line.Append('…').ToString() : line.ToString();
    }

    /// <summary>The text as a label that goes on through the grid: escaped, and null where it is null.</summary>
    public static string? Label(string? text) => text is null ? null : Escape(text);

    /// <summary>Whether it can be the name of a process or a grid: 1–128 visible ASCII characters.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength && text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;

    private static bool IsPlain(char letter) => char.GetUnicodeCategory(letter) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
