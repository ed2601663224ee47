namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>The second block of control characters, of which Windows-1252 makes signs.</summary>
internal static class Controls
{
    private const char First = '\u0080', Last = '\u009F';

    private const string Windows =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>What Windows-1252 means by a control character; other characters stay.</summary>
    public static char Replace(char character) => character is >= First and <= Last ? Windows[character - First] : character;

    /// <summary>The text with each of them replaced; the same instance where there is none.</summary>
    public static string Replace(string text) => text.AsSpan().IndexOfAnyInRange(First, Last) < 0
        ? text
        : string.Create(text.Length, text, (result, from) =>
        {
            for (int i = 0; i < result.Length; i++)
                result[i] = Replace(from[i]);
        });
}
