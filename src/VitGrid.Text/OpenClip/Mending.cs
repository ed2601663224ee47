using System.Text;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.OpenClip;

/// <summary>The plain part of ftfy's <c>fix_text</c>.</summary>
internal static class Mending
{
    private const int UsualFirst = 0xFF61, UsualLast = 0xFFEE;
    private const int WindowsFirst = 0x80, WindowsLast = 0x9F;
    private const int FullWidthFirst = 0xFF01, FullWidthLast = 0xFF5E, FullWidthShift = 0xFEE0;

    /// <summary>What Windows-1252 means by the second block of control characters, which texts decoded as Latin-1 have.</summary>
    private const string Windows =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>The usual forms of U+FF61–U+FFEE.</summary>
    private const string Usual =
        "\u3002\u300C\u300D\u3001\u30FB\u30F2\u30A1\u30A3\u30A5\u30A7\u30A9\u30E3\u30E5\u30E7\u30C3\u30FC"
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
        ['\u01C9'] = "lj", ['\u01CA'] = "NJ", ['\u01CB'] = "Nj", ['\u01CC'] = "nj", ['\u3000'] = " ", ['\u2028'] = "\n", ['\u2029'] = "\n",
    };

    /// <summary>Mends a text.</summary>
    public static string Mend(string text)
    {
        string whole = text.Contains('<', StringComparison.Ordinal) ? text : System.Net.WebUtility.HtmlDecode(text);
        StringBuilder result = new(whole.Length);
        foreach (char written in WithoutEscapes(whole).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'))
        {
            char character = written is >= (char)WindowsFirst and <= (char)WindowsLast ? Windows[written - WindowsFirst] : written;
            if (IsControl(character))
                continue;
            if (Changes.TryGetValue(character, out string? changed))
                result.Append(changed);
            else
                result.Append(Narrow(character));
        }
        string mended = result.ToString();
        return NormalizationFormC.TryChange(mended, out string composed) ? composed : mended;
    }

    private static char Narrow(char character) => character switch
    {
        >= (char)FullWidthFirst and <= (char)FullWidthLast => (char)(character - FullWidthShift),
        >= (char)UsualFirst and <= (char)UsualLast => Usual[character - UsualFirst],
        _ => character,
    };

    /// <summary>Removes what coloured a terminal: <c>ESC [ digits letter</c>.</summary>
    private static string WithoutEscapes(string text)
    {
        StringBuilder result = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '\u001B' && EscapeLength(text, at) is > 0 and var length)
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
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == ';'))
            end++;
        return end < text.Length && char.IsAsciiLetter(text[end]) ? end + 1 - start : 0;
    }

    /// <summary>Characters of C0 but tab, line feed, form feed and carriage return, and what only steered old texts.</summary>
    private static bool IsControl(char character) => character is <= '\u0008' or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F'
        or (>= '\u206A' and <= '\u206F') or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFC');
}
