namespace VitGrid.Text.Unicode;

/// <summary>Hangul syllables are composed by arithmetic: The Unicode Standard, section 3.12.</summary>
internal static class Hangul
{
    private const int Syllables = 0xAC00, Leading = 0x1100, Vowels = 0x1161, Trailing = 0x11A7;
    private const int LeadingCount = 19, VowelCount = 21, TrailingCount = 28, SyllableCount = LeadingCount * VowelCount * TrailingCount;

    /// <summary>Whether a code point may be composed with one before it.</summary>
    public static bool IsVowelOrTrailing(int codePoint) =>
        codePoint is >= Vowels and < Vowels + VowelCount or > Trailing and < Trailing + TrailingCount;

    /// <summary>Adds the jamo of a syllable.</summary>
    /// <returns>False: it is none.</returns>
    public static bool TryDecompose(int codePoint, List<int> to)
    {
        int index = codePoint - Syllables;
        if (index is < 0 or >= SyllableCount)
            return false;
        to.Add(Leading + (index / (VowelCount * TrailingCount)));
        to.Add(Vowels + (index / TrailingCount % VowelCount));
        if (index % TrailingCount > 0)
            to.Add(Trailing + (index % TrailingCount));
        return true;
    }

    /// <summary>The syllable of two parts.</summary>
    public static bool TryCompose(int first, int second, out int composed)
    {
        composed = 0;
        if (first is >= Leading and < Leading + LeadingCount && second is >= Vowels and < Vowels + VowelCount)
            composed = Syllables + ((((first - Leading) * VowelCount) + second - Vowels) * TrailingCount);
        else if (first is >= Syllables and < Syllables + SyllableCount && (first - Syllables) % TrailingCount == 0
            && second is > Trailing and < Trailing + TrailingCount)
            composed = first + second - Trailing;
        return composed > 0;
    }
}
