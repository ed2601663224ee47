using System.Globalization;
using System.Text;

namespace VitGrid.Text.Unicode;

/// <summary>Lower case as Python and Rust have it: full mappings, which differ from .NET's simple ones in İ, and the final sigma.</summary>
internal static class LowerCase
{
    private const int DottedI = 0x130, Sigma = 0x3A3;
    private const char DotAbove = '\u0307', SmallSigma = 'σ', FinalSigma = 'ς';

    // Signs that stand within words (Word_Break MidLetter, MidNumLet, Single_Quote) and are no marks by category.
    private const string Ignorable = "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    /// <summary>Adds a code point's lower case, whatever stands around it.</summary>
    public static void Append(StringBuilder to, Rune rune)
    {
        if (rune.Value == DottedI)
            to.Append('i').Append(DotAbove);
        else if (rune.IsBmp)
            to.Append((char)Rune.ToLowerInvariant(rune).Value);
        else
            to.Append(Rune.ToLowerInvariant(rune));
    }

    /// <summary>Each code point in lower case by itself.</summary>
    public static string PerCodePoint(ReadOnlySpan<char> text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            Append(result, rune);
        return result.ToString();
    }

    /// <summary>Python's <c>str.lower</c>: a capital sigma that ends a word becomes ς.</summary>
    public static string AsInPython(ReadOnlySpan<char> text)
    {
        if (!text.Contains((char)Sigma))
            return PerCodePoint(text);
        Rune[] runes = [.. text.ToString().EnumerateRunes()];
        StringBuilder result = new(text.Length);
        for (int i = 0; i < runes.Length; i++)
        {
            if (runes[i].Value == Sigma)
                result.Append(IsFinal(runes, i) ? FinalSigma : SmallSigma);
            else
                Append(result, runes[i]);
        }
        return result.ToString();
    }

    /// <summary>Behind a cased letter and not before one, past ignorable characters (The Unicode Standard, table 3-17).</summary>
    private static bool IsFinal(Rune[] runes, int at)
    {
        int before = at - 1, behind = at + 1;
        while (before >= 0 && IsIgnorable(runes[before]))
            before--;
        if (before < 0 || !IsCased(runes[before]))
            return false;
        while (behind < runes.Length && IsIgnorable(runes[behind]))
            behind++;
        return behind == runes.Length || !IsCased(runes[behind]);
    }

    private static bool IsIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol || (rune.IsBmp && Ignorable.Contains((char)rune.Value));

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
                or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
