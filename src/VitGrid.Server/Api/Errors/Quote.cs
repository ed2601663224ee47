namespace VitGrid.Server.Api.Errors;

/// <summary>A client's own text inside a message: short, printable.</summary>
internal static class Quote
{
    private const int Longest = 48;

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
