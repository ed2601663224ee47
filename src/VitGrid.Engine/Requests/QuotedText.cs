namespace VitGrid.Engine.Requests;

/// <summary>A client's own text inside a message: short, printable.</summary>
public static class QuotedText
{
    /// <summary>Characters of it that a message shows.</summary>
    public const int Longest = 48;

    /// <summary>The text, cut where it is longer; what is not printable is a question mark.</summary>
    public static string Short(ReadOnlySpan<char> text)
    {
        bool cut = text.Length > Longest;
        string kept = string.Create(Math.Min(text.Length, Longest), text[..Math.Min(text.Length, Longest)],
            (target, source) =>
            {
                for (int i = 0; i < target.Length; i++)
                    target[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
            });
        return cut ? kept + "…" : kept;
    }
}
