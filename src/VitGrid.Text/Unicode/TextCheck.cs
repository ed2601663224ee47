using System.Globalization;

namespace VitGrid.Text.Unicode;

/// <summary>Refuses texts that no tokenizer has ids for.</summary>
internal static class TextCheck
{
    /// <exception cref="TextException">The text is too long or holds half a surrogate pair.</exception>
    public static void Ensure(ReadOnlySpan<char> text, int maxCharacters)
    {
        if (text.Length > maxCharacters)
            throw new TextException(string.Create(CultureInfo.InvariantCulture,
                $"a text of {text.Length} characters is longer than the {maxCharacters} that are read; the model sees its first "
                + $"words only: send a shorter one"))
            {
                IsTooLong = true,
            };
        int at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        for (; at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
                throw new TextException(string.Create(CultureInfo.InvariantCulture,
                    $"the text holds half a surrogate pair, U+{(int)text[at]:X4} at index {at}, which is no character; send both "
                    + $"halves, or U+FFFD in its place"));
            at++;
        }
    }
}
