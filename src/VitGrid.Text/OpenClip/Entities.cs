using System.Buffers;
using System.Globalization;
using System.Text;
using VitGrid.Text.OpenClip.Mojibake;

namespace VitGrid.Text.OpenClip;

/// <summary>Decodes HTML's character references.</summary>
internal static class Entities
{
    /// <summary>Characters of a name or a number that ftfy reads, without <c>&amp;</c>, <c>#</c> and the semicolon.</summary>
    private const int LongestClosed = 24;

    /// <summary>Code points of a name that Python looks at.</summary>
    private const int LongestName = 32;

    private static readonly SearchValues<char> NameEnds = SearchValues.Create("\t\n\f <&#;");

    /// <summary>As Python's <c>html.unescape</c>: names that are not closed count as far as HTML's old ones go.</summary>
    public static string Unescape(string text) => Replace(text, AtAnyEntity);

    /// <summary>As ftfy: closed ones only, and names in capitals too.</summary>
    public static string UnescapeClosed(string text) => Replace(text, AtClosedEntity);

    /// <summary>The meaning of the entity at the start of a text; a length of 0: there is none.</summary>
    private delegate int Reader(ReadOnlySpan<char> text, out string meaning);

    private static string Replace(string text, Reader reader)
    {
        StringBuilder? result = null;
        int kept = 0;
        for (int at = text.IndexOf('&', StringComparison.Ordinal); at >= 0; at = text.IndexOf('&', at))
        {
            int length = reader(text.AsSpan(at), out string meaning);
            if (length > 0)
            {
                result ??= new(text.Length);
                result.Append(text, kept, at - kept).Append(meaning);
                kept = at + length;
            }
            at += Math.Max(length, 1);
        }
        return result is null ? text : result.Append(text, kept, text.Length - kept).ToString();
    }

    private static int AtClosedEntity(ReadOnlySpan<char> text, out string meaning)
    {
        int start = text.Length > 1 && text[1] == '#' ? 2 : 1, end = start;
        while (end < text.Length && end - start < LongestClosed && char.IsAsciiLetterOrDigit(text[end]))
            end++;
        meaning = "";
        if (end == start || end == text.Length || text[end] != ';')
            return 0;
        int length = end + 1;
        if (start == 1)
            return EntityTable.Instance.TryGetInCapitals(text[1..length], out meaning) ? length : 0;
        // ftfy leaves what decodes to a semicolon, for it takes that for one that was left over.
        return AtNumber(text[..length], out meaning) == length && meaning != ";" ? length : 0;
    }

    private static int AtAnyEntity(ReadOnlySpan<char> text, out string meaning)
    {
        if (text.Length > 1 && text[1] == '#')
            return AtNumber(text, out meaning);
        ReadOnlySpan<char> rest = text[1..];
        int end = rest.IndexOfAny(NameEnds);
        // The longest name there is has as many characters as Python looks at.
        int length = Math.Min(end < 0 ? rest.Length : end, LongestName);
        bool isClosed = length < rest.Length && rest[length] == ';';
        if (isClosed && EntityTable.Instance.TryGet(rest[..(length + 1)], out meaning))
            return length + 2;
        for (length = Math.Min(length, EntityTable.LongestOpen); length > 1; length--)
        {
            if (EntityTable.Instance.TryGet(rest[..length], out meaning))
                return length + 1;
        }
        meaning = "";
        return 0;
    }

    /// <summary><c>&amp;#65;</c> or <c>&amp;#x41;</c>, the semicolon left out perhaps.</summary>
    private static int AtNumber(ReadOnlySpan<char> text, out string meaning)
    {
        bool isHex = text.Length > 2 && text[2] is 'x' or 'X';
        int start = isHex ? 3 : 2, end = start, number = 0;
        for (; end < text.Length && (isHex ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])); end++)
        {
            int digit = int.Parse(text.Slice(end, 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            number = Math.Min((number * (isHex ? 16 : 10)) + digit, 0x110000);
        }
        meaning = end > start ? Character(number) : "";
        if (end == start)
            return 0;
        return end < text.Length && text[end] == ';' ? end + 1 : end;
    }

    private static string Character(int number) => number switch
    {
        0 or (>= 0xD800 and <= 0xDFFF) or > 0x10FFFF => "\uFFFD",
        0x0D => "\r",
        >= 0x80 and <= 0x9F => Controls.Replace((char)number).ToString(),
        (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) => "",
        _ => (number & 0xFFFE) == 0xFFFE ? "" : new Rune(number).ToString(),
    };
}
