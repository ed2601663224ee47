using System.Buffers;
using System.Text;
using static VitGrid.Text.OpenClip.Mojibake.Kinds;

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>ftfy's <c>fix_encoding</c>: what was decoded wrongly is encoded again and decoded as it was meant.</summary>
/// <param name="budget">What may be spent on the text.</param>
internal sealed class WrongDecoding(MendingBudget budget)
{
    /// <summary>Mends a text until nothing changes; a text that shows no sign of wrong decoding is given back.</summary>
    public string Fix(string text)
    {
        while (Badness.IsBad(text) && budget.TryTake(text.Length))
        {
            string next = FixOnce(text);
            if (next == text)
                return text;
            text = next;
        }
        return text;
    }

    private string FixOnce(string text)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, text.Length);
            foreach (SingleByteEncoding encoding in MojibakeData.Instance.Encodings)
            {
                if (encoding.TryEncode(text, bytes) && TryDecode(bytes, encoding, out string decoded))
                    return decoded;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        string mended = FixParts(text);
        return mended == text ? Controls.Replace(text) : mended;
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, SingleByteEncoding encoding, out string decoded)
    {
        if (!encoding.KeepsBlanks && LostBytes.HasLostBlank(bytes))
            bytes = LostBytes.RestoreBlanks(bytes);
        if (encoding.IsSloppy && LostBytes.MayBeLossy(bytes))
            bytes = LostBytes.ReplaceLossy(bytes);
        return Utf8Variants.TryDecode(bytes, out decoded);
    }

    /// <summary>Parts that look like UTF-8 are mended by themselves, where the text as a whole is of no one encoding.</summary>
    private string FixParts(string text)
    {
        StringBuilder? result = null;
        int kept = 0;
        for (int at = 0; at < text.Length; at++)
        {
            int length = PartLength(text, at);
            if (length == 0)
                continue;
            // A whole text would be mended by itself for ever.
            if (length < text.Length && Badness.IsBad(text.AsSpan(at, length)))
            {
                result ??= new(text.Length);
                result.Append(text, kept, at - kept).Append(Fix(text.Substring(at, length)));
                kept = at + length;
            }
            at += length - 1;
        }
        return result is null ? text : result.Append(text, kept, text.Length - kept).ToString();
    }

    /// <summary>Characters in a row that look like characters of UTF-8; 0: none begins here.</summary>
    private static int PartLength(string text, int start)
    {
        MojibakeData data = MojibakeData.Instance;
        int end = start + CharacterLength(text, start, data);
        if (end == start || (start > 0 && (data.KindsOf(text[start - 1]) & StrictContinuation) != 0))
            return 0;
        while (end < text.Length && CharacterLength(text, end, data) is > 0 and var length)
            end += length;
        return end - start;
    }

    private static int CharacterLength(string text, int start, MojibakeData data)
    {
        Kinds first = data.KindsOf(text[start]);
        int length = (first & FirstOfTwo) != 0 ? 2 : (first & FirstOfThree) != 0 ? 3 : (first & FirstOfFour) != 0 ? 4 : 0;
        if (start + length > text.Length)
            return 0;
        for (int i = 1; i < length; i++)
        {
            if ((data.KindsOf(text[start + i]) & Continuation) == 0)
                return 0;
        }
        return length;
    }
}
