using static VitGrid.Text.OpenClip.Mojibake.Kinds;

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>Bad sequences by letter, which the kinds of characters alone do not tell.</summary>
internal static class BadSequences
{
    /// <summary>Whether one begins at a position.</summary>
    public static bool Begins(ReadOnlySpan<char> text, int at, MojibakeData data)
    {
        char second = At(text, at + 1);
        Kinds two = data.KindsOf(second);
        return text[at] switch
        {
            'Œ' or 'œ' => at + 1 < text.Length && !char.IsAsciiLetter(second),
            'Â' or 'Ã' or 'Î' or 'Ð' => (two & (Start | End)) != 0 || "€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´".Contains(second),
            '×' => second is '²' or '³',
            'Ø' or 'Ù' => IsArabic(text[at..], data),
            'à' => "²\u00B5¹¼½¾".Contains(second),
            '√' => "±∂†≠®™´≤≥¥\u00B5ø".Contains(second),
            '≈' => second is '°' or '¢',
            '‚' => IsMacRoman(second, At(text, at + 2)),
            'ā' => second == '€',
            _ => IsGreekOrCyrillic(text[at..], two),
        };
    }

    /// <summary>Four characters, for two are met in good texts.</summary>
    private static bool IsArabic(ReadOnlySpan<char> text, MojibakeData data) =>
        text.Length >= 4 && text[2] is 'Ø' or 'Ù' && IsInArabic(text[1], data) && IsInArabic(text[3], data);

    private static bool IsInArabic(char character, MojibakeData data) =>
        (data.KindsOf(character) & (Common | Currency | Bad | Numeric | Start)) != 0 || "ŸŠ®°\u00B5»".Contains(character);

    private static bool IsMacRoman(char second, char third) => second switch
    {
        'Ä' => "ìîïòôúùû†°¢\u03C0".Contains(third),
        'â' or 'ó' => third is 'à' or 'ä' or '°' or 'ê',
        _ => false,
    };

    private static bool IsGreekOrCyrillic(ReadOnlySpan<char> text, Kinds two)
    {
        char second = At(text, 1), third = At(text, 2);
        bool isBetween = (two & (Control | Bad | Start | End | Currency)) != 0 || second == '°';
        return text[0] switch
        {
            '\u0432' => second == '\u0402',
            '\u0412' or '\u0413' or '\u0420' or '\u0421' =>
                ((isBetween || second == '\u00B5') && third is '\u0412' or '\u0413' or '\u0420' or '\u0421') || IsTwice(text),
            '\u03B2' => second == '€' && "™\u00A0\u0386\u00AD®°".Contains(third),
            '\u0392' or '\u0393' or '\u039E' or '\u039F' => isBetween && third is '\u0392' or '\u0393' or '\u039E' or '\u039F',
            _ => false,
        };
    }

    /// <summary>Windows-1251 over Latin-1, near a Latin letter.</summary>
    private static bool IsTwice(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("\u0413\u045E\u0412\u0402\u0412") || text.Length < 7 || text[5] == '\n')
            return false;
        char behind = At(text, char.IsHighSurrogate(text[5]) ? 7 : 6);
        return behind == ' ' || char.IsAsciiLetter(behind);
    }

    private static char At(ReadOnlySpan<char> text, int at) => at < text.Length ? text[at] : '\0';
}
