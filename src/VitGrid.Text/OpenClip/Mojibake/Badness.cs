using System.Text;
using VitGrid.Text.Unicode;
using static VitGrid.Text.OpenClip.Mojibake.Kinds;

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>ftfy's judgement whether a text was decoded wrongly: it holds a pair of characters that hardly meet in good texts.</summary>
internal static class Badness
{
    private const Kinds Accented = UpperAccented | LowerAccented;
    private const Kinds Marks = Accented | Box | Start | End | Currency | Numeric | Law;

    /// <summary>Whether the text holds what hardly meets; in one pass.</summary>
    public static bool IsBad(ReadOnlySpan<char> text)
    {
        MojibakeData data = MojibakeData.Instance;
        for (int at = 0; at < text.Length; at++)
        {
            int ahead = text[at..].IndexOfAnyExceptInRange('\0', '\u007F');
            if (ahead < 0)
                return false;
            // What is plain ASCII up to its third character is not bad.
            at = Math.Max(at, at + ahead - 2);
            if (IsBadAt(text, at, data))
                return true;
        }
        return false;
    }

    private static bool IsBadAt(ReadOnlySpan<char> text, int at, MojibakeData data)
    {
        char first = text[at], second = At(text, at + 1), third = At(text, at + 2);
        (Kinds one, Kinds two, Kinds three) = (data.KindsOf(first), data.KindsOf(second), data.KindsOf(third));
        if (((one | two | three) & Telling) == 0)
            return false;
        return Has(one, Control) || IsPair(one, two) || IsTriple(one, two, three)
            || (Has(one, UpperAccented) && second == '°')
            || (Has(one, Accented) && Has(two, Start | End) && IsWord(text, at + 2))
            || IsAfterAscii(first, two, three)
            || IsLetterOfA(text, at, one, three)
            || BadSequences.Begins(text, at, data);
    }

    private static bool IsPair(Kinds one, Kinds two) =>
        (Has(one, Bad | Marks) && Has(two, Bad))
        || (Has(one, Bad) && Has(two, Marks))
        || (Has(one, LowerAccented | Lower | Box | End | Currency | Numeric) && Has(two, UpperAccented))
        || (Has(one, Box | End | Currency | Numeric) && Has(two, LowerAccented))
        || (Has(one, LowerAccented | Box | End) && Has(two, Currency))
        || (Has(one, UpperAccented | Box) && Has(two, Numeric | Law))
        || (Has(one, Currency | Numeric | Box) && Has(two, Start))
        || (Has(one, Box) && Has(two, Face | End))
        || (Has(one, Marks & ~Box) && Has(two, Box));

    private static bool IsTriple(Kinds one, Kinds two, Kinds three) =>
        (Has(one, Accented | Box | Currency | End) && Has(two, Start) && Has(three, Numeric))
        || (Has(one, Accented | Currency | Numeric | Box | Law) && Has(two, End) && Has(three, Start));

    /// <summary>Behind a letter or a blank more is bad.</summary>
    private static bool IsAfterAscii(char first, Kinds two, Kinds three) =>
        (char.IsAsciiLetter(first) && Has(two, Lower | Upper) && Has(three, Bad))
        || (char.IsAsciiLetterLower(first) && Has(two, UpperAccented) && Has(three, Start | Currency))
        || (Has(two, UpperAccented) && Has(three, Currency) && WhiteSpace.IsInPython(first));

    /// <summary>Â and Ã before a blank, and Â before what it encodes itself.</summary>
    private static bool IsLetterOfA(ReadOnlySpan<char> text, int at, Kinds one, Kinds three)
    {
        char first = text[at], second = At(text, at + 1), third = At(text, at + 2);
        if (at == 0 && IsTildeOrRoof(first) && second == ' ')
            return true;
        if (second == 'Â' && (char.IsAsciiLetterLower(first) || first is '.' or ',' or '?' or '!' || Has(one, End))
            && (third == ' ' || Has(three, Start | End)))
            return true;
        return char.IsAsciiLetterLower(first)
            && ((IsTildeOrRoof(second) && third == ' ')
                || (WhiteSpace.IsInPython(second) && IsTildeOrRoof(third) && At(text, at + 3) == ' '));
    }

    private static bool IsTildeOrRoof(char character) => character is 'Ã' or 'Â';

    /// <summary>Python's <c>\w</c>.</summary>
    private static bool IsWord(ReadOnlySpan<char> text, int at)
    {
        if (at >= text.Length)
            return false;
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out _);
        return rune.Value == '_' || Rune.IsLetter(rune) || Rune.IsNumber(rune);
    }

    /// <summary>The character, or NUL behind the end, which is of no kind.</summary>
    private static char At(ReadOnlySpan<char> text, int at) => at < text.Length ? text[at] : '\0';

    private static bool Has(Kinds kinds, Kinds any) => (kinds & any) != 0;
}
