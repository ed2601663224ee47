using System.Globalization;
using System.Text;

namespace VitGrid.Text.SentencePiece;

/// <summary>
/// A charsmap as the Rust library applies it: to a grapheme of less than six bytes as a whole, by the shortest prefix that has a change;
/// else to each code point.
/// </summary>
internal static class GraphemeCharsmap
{
    private const int MaxWhole = 6;

    /// <summary>Changes a text.</summary>
    public static string Change(Charsmap map, string text)
    {
        StringBuilder result = new(text.Length);
        byte[] utf8 = new byte[MaxWhole];
        for (int at = 0; at < text.Length;)
        {
            ReadOnlySpan<char> grapheme = text.AsSpan(at, StringInfo.GetNextTextElementLength(text, at));
            at += grapheme.Length;
            if (!(TryEncode(grapheme, utf8, out int size) && TryAppend(map, utf8.AsSpan(0, size), result)))
                ChangeEach(map, grapheme, utf8, result);
        }
        return result.ToString();
    }

    private static bool TryEncode(ReadOnlySpan<char> grapheme, byte[] utf8, out int size) =>
        Encoding.UTF8.TryGetBytes(grapheme, utf8, out size) && size < MaxWhole;

    private static void ChangeEach(Charsmap map, ReadOnlySpan<char> grapheme, byte[] utf8, StringBuilder result)
    {
        foreach (Rune rune in grapheme.EnumerateRunes())
        {
            if (!TryAppend(map, utf8.AsSpan(0, rune.EncodeToUtf8(utf8)), result))
                result.Append(rune);
        }
    }

    private static bool TryAppend(Charsmap map, ReadOnlySpan<byte> text, StringBuilder result)
    {
        ReadOnlySpan<byte> changed = map.Shortest(text, out int length);
        if (length > 0)
            result.Append(Encoding.UTF8.GetString(changed));
        return length > 0;
    }
}
