using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>UTF-8, strictly, and its variants: characters beyond the basic plane as two surrogates (CESU-8), NUL as C0 80 (Java).</summary>
internal static class Utf8Variants
{
    private const byte JavasNul = 0xC0, Surrogates = 0xED, LineFeed = (byte)'\n';
    private const int PairLength = 6;

    /// <summary>Decodes bytes.</summary>
    /// <returns>False: they are not of UTF-8 or its variants.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (bytes.IndexOfAny(JavasNul, Surrogates) >= 0)
            return TryDecodeVariants(bytes, out text);
        if (!Utf8.IsValid(bytes))
            return false;
        text = Encoding.UTF8.GetString(bytes);
        return true;
    }

    private static bool TryDecodeVariants(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        StringBuilder result = new(bytes.Length);
        while (bytes.Length > 0)
        {
            int length;
            if (IsNul(bytes))
            {
                result.Append('\0');
                length = 2;
            }
            else if (IsPair(bytes))
            {
                result.Append(Pair(bytes));
                length = PairLength;
            }
            else if (Rune.DecodeFromUtf8(bytes, out Rune rune, out length) == OperationStatus.Done)
            {
                result.Append(rune);
            }
            else
            {
                return false;
            }
            bytes = bytes[length..];
        }
        text = result.ToString();
        return true;
    }

    // A line's end counts as a text's end in ftfy's patterns, here and below.
    private static bool IsNul(ReadOnlySpan<byte> bytes) =>
        bytes[0] == JavasNul && bytes.Length > 1 && (bytes[1] == 0x80 || IsLastLineFeed(bytes, 1));

    private static bool IsPair(ReadOnlySpan<byte> bytes) => bytes.Length >= PairLength
        && bytes[0] == Surrogates && bytes[1] is >= 0xA0 and <= 0xAF && IsContinuation(bytes[2])
        && bytes[3] == Surrogates && bytes[4] is >= 0xB0 and <= 0xBF && (IsContinuation(bytes[5]) || IsLastLineFeed(bytes, 5));

    private static Rune Pair(ReadOnlySpan<byte> bytes) => new(
        0x10000 + ((bytes[1] & 0x0F) << 16) + ((bytes[2] & 0x3F) << 10) + ((bytes[4] & 0x0F) << 6) + (bytes[5] & 0x3F));

    private static bool IsLastLineFeed(ReadOnlySpan<byte> bytes, int at) => bytes.Length == at + 1 && bytes[at] == LineFeed;

    private static bool IsContinuation(byte value) => value is >= 0x80 and <= 0xBF;
}
