using System.Buffers;
using System.Globalization;
using System.Text;
using VitGrid.Text.OpenClip.Mojibake;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.OpenClip;

/// <summary>ftfy's steps that look at one character at a time.</summary>
internal static class PlainSteps
{
    private const char Escape = '\u001B';
    private const char FullWidthFirst = '\uFF01', FullWidthLast = '\uFF5E', UsualFirst = '\uFF5F', UsualLast = '\uFFEE';
    private const int FullWidthShift = 0xFEE0;

    /// <summary>The usual forms of U+FF5F–U+FFEE.</summary>
    private const string Usual =
        "\u2985\u2986\u3002\u300C\u300D\u3001\u30FB\u30F2\u30A1\u30A3\u30A5\u30A7\u30A9\u30E3\u30E5\u30E7\u30C3\u30FC"
        + "\u30A2\u30A4\u30A6\u30A8\u30AA\u30AB\u30AD\u30AF\u30B1\u30B3\u30B5\u30B7\u30B9\u30BB\u30BD\u30BF"
        + "\u30C1\u30C4\u30C6\u30C8\u30CA\u30CB\u30CC\u30CD\u30CE\u30CF\u30D2\u30D5\u30D8\u30DB\u30DE\u30DF"
        + "\u30E0\u30E1\u30E2\u30E4\u30E6\u30E8\u30E9\u30EA\u30EB\u30EC\u30ED\u30EF\u30F3\u3099\u309A\u1160"
        + "\u1100\u1101\u11AA\u1102\u11AC\u11AD\u1103\u1104\u1105\u11B0\u11B1\u11B2\u11B3\u11B4\u11B5\u111A"
        + "\u1106\u1107\u1108\u1121\u1109\u110A\u110B\u110C\u110D\u110E\u110F\u1110\u1111\u1112\uFFBF\uFFC0"
        + "\uFFC1\u1161\u1162\u1163\u1164\u1165\u1166\uFFC8\uFFC9\u1167\u1168\u1169\u116A\u116B\u116C\uFFD0"
        + "\uFFD1\u116D\u116E\u116F\u1170\u1171\u1172\uFFD8\uFFD9\u1173\u1174\u1175\uFFDD\uFFDE\uFFDF\u00A2"
        + "\u00A3\u00AC\uFFE3\u00A6\u00A5\u20A9\uFFE7\u2502\u2190\u2191\u2192\u2193\u25A0\u25CB";

    private static readonly Dictionary<char, string> Changes = new()
    {
        ['\u2018'] = "'", ['\u2019'] = "'", ['\u201A'] = "'", ['\u201B'] = "'", ['\u02BC'] = "'",
        ['\u201C'] = "\"", ['\u201D'] = "\"", ['\u201E'] = "\"", ['\u201F'] = "\"",
        ['\uFB00'] = "ff", ['\uFB01'] = "fi", ['\uFB02'] = "fl", ['\uFB03'] = "ffi", ['\uFB04'] = "ffl", ['\uFB05'] = "\u017Ft",
        ['\uFB06'] = "st", ['\u0132'] = "IJ", ['\u0133'] = "ij", ['\u0149'] = "'n", ['\u01F1'] = "DZ", ['\u01F2'] = "Dz",
        ['\u01F3'] = "dz", ['\u01C4'] = "D\u017D", ['\u01C5'] = "D\u017E", ['\u01C6'] = "d\u017E", ['\u01C7'] = "LJ", ['\u01C8'] = "Lj",
        ['\u01C9'] = "lj", ['\u01CA'] = "NJ", ['\u01CB'] = "Nj", ['\u01CC'] = "nj", ['\u3000'] = " ", ['\uFFE3'] = " \u0304",
        ['\u2028'] = "\n", ['\u2029'] = "\n", ['\r'] = "\n",
    };

    private static readonly SearchValues<char> Changing = SearchValues.Create(
    [
        .. Changes.Keys, .. Enumerable.Range(0x80, 0x20).Select(code => (char)code),
        .. Enumerable.Range(FullWidthFirst, UsualLast - FullWidthFirst + 1).Select(code => (char)code),
    ]);

    /// <summary>Characters of C0 but tab, line feed, form feed and carriage return, and what only steered old texts.</summary>
    private static readonly SearchValues<char> Steering = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018"
        + "\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F\u206A\u206B\u206C\u206D\u206E\u206F\uFEFF\uFFF9\uFFFA\uFFFB\uFFFC");

    /// <summary>
    /// The steps in ftfy's order: control characters, ligatures, widths, quotes, ends of lines, terminal escapes, characters that steer,
    /// form C.
    /// </summary>
    public static string Apply(string text)
    {
        string plain = WithoutSteering(WithoutEscapes(WithUsualCharacters(text)));
        return NormalizationFormC.TryChange(plain, out string composed) ? composed : plain;
    }

    // What one step makes, none of those before it would change: one pass serves five steps.
    private static string WithUsualCharacters(string text)
    {
        int first = text.AsSpan().IndexOfAny(Changing);
        if (first < 0)
            return text;
        StringBuilder result = new StringBuilder(text.Length).Append(text, 0, first);
        for (int at = first; at < text.Length; at++)
        {
            char character = Controls.Replace(text[at]);
            if (character == '\r' && at + 1 < text.Length && text[at + 1] == '\n')
                continue;
            if (Changes.TryGetValue(character, out string? changed))
                result.Append(changed);
            else
                result.Append(WithUsualWidth(character));
        }
        return result.ToString();
    }

    private static char WithUsualWidth(char character) => character switch
    {
        >= FullWidthFirst and <= FullWidthLast => (char)(character - FullWidthShift),
        >= UsualFirst and <= UsualLast => Usual[character - UsualFirst],
        _ => character,
    };

    /// <summary>Removes what coloured a terminal: <c>ESC [ digits letter</c>.</summary>
    private static string WithoutEscapes(string text)
    {
        if (!text.Contains(Escape, StringComparison.Ordinal))
            return text;
        StringBuilder result = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == Escape && EscapeLength(text, at) is > 0 and var length)
                at += length - 1;
            else
                result.Append(text[at]);
        }
        return result.ToString();
    }

    private static int EscapeLength(string text, int start)
    {
        if (start + 1 >= text.Length || text[start + 1] != '[')
            return 0;
        int end = start + 2;
        while (end < text.Length && DigitLength(text, end) is > 0 and var length)
            end += length;
        return end < text.Length && char.IsAsciiLetter(text[end]) ? end + 1 - start : 0;
    }

    /// <summary>Digits of all scripts count.</summary>
    private static int DigitLength(string text, int at)
    {
        if (text[at] == ';')
            return 1;
        if (CharUnicodeInfo.GetUnicodeCategory(text, at) != UnicodeCategory.DecimalDigitNumber)
            return 0;
        return char.IsHighSurrogate(text[at]) ? 2 : 1;
    }

    private static string WithoutSteering(string text)
    {
        int first = text.AsSpan().IndexOfAny(Steering);
        if (first < 0)
            return text;
        StringBuilder result = new StringBuilder(text.Length).Append(text, 0, first);
        foreach (char character in text.AsSpan(first))
        {
            if (!Steering.Contains(character))
                result.Append(character);
        }
        return result.ToString();
    }
}
