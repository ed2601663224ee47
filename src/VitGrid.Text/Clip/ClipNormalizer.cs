using System.Buffers;
using System.Text;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.Clip;

/// <summary>What CLIP does to a text before it is cut into words: form C, runs of white space to one blank, lower case.</summary>
internal static class ClipNormalizer
{
    /// <summary>Normalizes a part of a text.</summary>
    /// <param name="text">The part.</param>
    /// <param name="buffer">For the result, where it is not longer than the text; it always fits there if the text is ASCII.</param>
    public static ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text, Span<char> buffer) =>
        Ascii.IsValid(text) ? buffer[..NormalizeAscii(text, buffer)] : NormalizeAny(text);

    private static int NormalizeAscii(ReadOnlySpan<char> text, Span<char> buffer)
    {
        int length = 0;
        bool isBlank = false;
        foreach (char character in text)
        {
            bool wasBlank = isBlank;
            isBlank = character is ' ' or (>= '\t' and <= '\r');
            if (!isBlank)
                buffer[length++] = character is >= 'A' and <= 'Z' ? (char)(character | 0x20) : character;
            else if (!wasBlank)
                buffer[length++] = ' ';
        }
        return length;
    }

    private static string NormalizeAny(ReadOnlySpan<char> text)
    {
        if (NormalizationFormC.TryChange(text, out string changed))
            text = changed;
        StringBuilder result = new(text.Length);
        while (text.Length > 0)
        {
            if (WhiteSpace.Is(text[0]))
            {
                result.Append(' ');
                while (text.Length > 0 && WhiteSpace.Is(text[0]))
                    text = text[1..];
                continue;
            }
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int size) != OperationStatus.Done)
                throw new InvalidOperationException("the text was not checked for surrogates");
            LowerCase.Append(result, rune);
            text = text[size..];
        }
        return result.ToString();
    }
}
