namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>Mends bytes of UTF-8 that a program changed or lost on their way.</summary>
internal static class LostBytes
{
    private const byte Blank = (byte)' ', HardBlank = 0xA0, Question = (byte)'?', Lost = 0x1A, GraveLead = 0xC3;

    /// <summary>Whether a blank stands where byte A0 would be of a character.</summary>
    public static bool HasLostBlank(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            if (LostBlankLength(bytes[at..]) > 0)
                return true;
        }
        return false;
    }

    /// <summary>Puts byte A0 back where a blank stands in its place.</summary>
    public static byte[] RestoreBlanks(ReadOnlySpan<byte> bytes)
    {
        byte[] restored = WithGraveWords(bytes);
        for (int at = 0; at < restored.Length; at++)
        {
            int length = LostBlankLength(restored.AsSpan(at));
            if (length == 0)
                continue;
            restored.AsSpan(at, length).Replace(Blank, HardBlank);
            at += length - 1;
        }
        return restored;
    }

    /// <summary>Makes U+FFFD of characters of which a byte was lost.</summary>
    public static byte[] ReplaceLossy(ReadOnlySpan<byte> bytes)
    {
        List<byte> result = new(bytes.Length + 16);
        for (int at = 0; at < bytes.Length; at++)
        {
            int length = LossyLength(bytes[at..]);
            if (length == 0)
            {
                result.Add(bytes[at]);
                continue;
            }
            result.AddRange("\uFFFD"u8);
            at += length - 1;
        }
        return [.. result];
    }

    /// <summary>Whether <see cref="ReplaceLossy"/> may find anything.</summary>
    public static bool MayBeLossy(ReadOnlySpan<byte> bytes) => bytes.IndexOfAny(Lost, Question) >= 0;

    /// <summary>"Ã " at a word's end is à, and the blank behind it stays, but for the Portuguese words that begin so.</summary>
    private static byte[] WithGraveWords(ReadOnlySpan<byte> bytes)
    {
        List<byte> result = new(bytes.Length + 16);
        for (int at = 0; at < bytes.Length; at++)
        {
            result.Add(bytes[at]);
            if (bytes[at] == GraveLead && at + 1 < bytes.Length && bytes[at + 1] == Blank && !ContinuesGrave(bytes[(at + 2)..]))
                result.Add(HardBlank);
        }
        return [.. result];
    }

    private static bool ContinuesGrave(ReadOnlySpan<byte> behind) => behind.StartsWith(" "u8) || behind.StartsWith("quele"u8)
        || behind.StartsWith("quela"u8) || behind.StartsWith("quilo"u8) || behind.StartsWith("s "u8);

    /// <summary>Bytes of a character, one of them a blank, at the start; 0: there is none.</summary>
    private static int LostBlankLength(ReadOnlySpan<byte> bytes)
    {
        byte second = At(bytes, 1), third = At(bytes, 2), fourth = At(bytes, 3);
        switch (bytes[0])
        {
            case 0xC2 or 0xC3 or 0xC5 or 0xCE or 0xD0 or 0xD9:
                return second == Blank ? 2 : 0;
            case 0xE0 or 0xE1:
                return IsLikely(second) && third == Blank ? 3 : 0;
            case 0xE2 or 0xE3:
                return (second == Blank && IsLikely(third)) || (IsLikely(second) && third == Blank) ? 3 : 0;
            case 0xF0:
                return (second == Blank && Continues(third) && Continues(fourth))
                    || (Continues(second) && third == Blank && Continues(fourth))
                    || (Continues(second) && Continues(third) && fourth == Blank) ? 4 : 0;
            default:
                return 0;
        }
    }

    /// <summary>Bytes of a character some of which were lost, at the start; 0: there is none.</summary>
    private static int LossyLength(ReadOnlySpan<byte> bytes)
    {
        byte second = At(bytes, 1), third = At(bytes, 2), fourth = At(bytes, 3);
        return bytes[0] switch
        {
            Lost => 1,
            >= 0xC2 and <= 0xDF => second == Lost || (bytes[0] <= 0xC3 && second == Question) ? 2 : 0,
            0xED when IsLossyPair(bytes) => 6,
            >= 0xE0 and <= 0xEF => (IsGone(second) && IsThere(third)) || (IsThere(second) && IsGone(third)) ? 3 : 0,
            >= 0xF0 and <= 0xF4 => IsThereOrOneGone(second, third, fourth) ? 4 : 0,
            _ => 0,
        };
    }

    private static bool IsThereOrOneGone(byte second, byte third, byte fourth) =>
        (IsGone(second) && IsThere(third) && IsThere(fourth)) || (IsThere(second) && IsGone(third) && IsThere(fourth))
        || (IsThere(second) && IsThere(third) && IsGone(fourth));

    /// <summary>Two surrogates, the last byte of one of them lost.</summary>
    private static bool IsLossyPair(ReadOnlySpan<byte> bytes)
    {
        byte third = At(bytes, 2), sixth = At(bytes, 5);
        return At(bytes, 1) is >= 0xA0 and <= 0xAF && At(bytes, 3) == 0xED && At(bytes, 4) is >= 0xB0 and <= 0xBF
            && ((IsGone(third) && (IsGone(sixth) || Continues(sixth))) || (Continues(third) && IsGone(sixth)));
    }

    private static bool IsGone(byte value) => value is Lost or Question;

    private static bool IsThere(byte value) => value == Lost || Continues(value);

    private static bool Continues(byte value) => value is >= 0x80 and <= 0xBF;

    /// <summary>With bytes 85 and A0 a blank would make characters that nobody writes.</summary>
    private static bool IsLikely(byte value) => Continues(value) && value is not 0x85 and not HardBlank;

    /// <summary>The byte, or NUL behind the end, which no character of several bytes has.</summary>
    private static byte At(ReadOnlySpan<byte> bytes, int at) => at < bytes.Length ? bytes[at] : (byte)0;
}
