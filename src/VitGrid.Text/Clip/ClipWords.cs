using System.Globalization;
using System.Text;

namespace VitGrid.Text.Clip;

/// <summary>
/// Cuts a normalized text into words: <c>'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+</c>, by code points. Regex would count
/// letters outside the basic plane as neither letters nor digits.
/// </summary>
/// <param name="text">Lower case; its only white space is the blank.</param>
internal ref struct ClipWords(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    private enum Kind
    {
        Letter,
        Number,
        Blank,
        Other,
    }

    /// <summary>The word.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>Goes to the next word.</summary>
    public bool MoveNext()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
        if (_at == _text.Length)
            return false;
        int start = _at;
        _at += LengthAt(start);
        Current = _text[start.._at];
        return true;
    }

    private readonly int LengthAt(int start)
    {
        if (_text[start] == '\'' && Contraction(_text[start..]) is > 0 and var length)
            return length;
        // Most words are these, and a vector at a time finds their end.
        int plain = _text[start..].IndexOfAnyExceptInRange('a', 'z');
        if (plain < 0)
            return _text.Length - start;
        if (plain > 0 && char.IsAscii(_text[start + plain]))
            return plain;
        Kind kind = KindAt(start, out int size);
        int end = start + size;
        while (kind != Kind.Number && end < _text.Length && KindAt(end, out size) == kind)
            end += size;
        return end - start;
    }

    private static int Contraction(ReadOnlySpan<char> text) => text.Length < 2 ? 0 : (text[1], text.Length > 2 ? text[2] : '\0') switch
    {
        ('s' or 't' or 'm' or 'd', _) => 2,
        ('r' or 'v', 'e') or ('l', 'l') => 3,
        _ => 0,
    };

    private readonly Kind KindAt(int at, out int size)
    {
        char first = _text[at];
        size = 1;
        if (char.IsAscii(first))
            return char.IsAsciiLetter(first) ? Kind.Letter
                : char.IsAsciiDigit(first) ? Kind.Number
                : first == ' ' ? Kind.Blank : Kind.Other;
        Rune.DecodeFromUtf16(_text[at..], out Rune rune, out size);
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
