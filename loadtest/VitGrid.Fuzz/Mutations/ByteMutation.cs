using System.Buffers.Binary;

namespace VitGrid.Fuzz.Mutations;

/// <summary>
/// Changes that know nothing of a format: bits, numbers at the edges of their ranges, pieces cut out, doubled or taken elsewhere.
/// </summary>
internal static class ByteMutation
{
    private const int MaxChanges = 6;
    private const int MaxPiece = 64;

    private static readonly ulong[] Edges =
        [0, 1, 2, 3, 4, 5, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 4096, 32767, 32768, 65535, 65536, 16777215, 2147483647, 2147483648,
         4294967295, 9223372036854775807, 18446744073709551615];

    /// <summary>A changed copy, of which the first <paramref name="kept"/> bytes stay as they are.</summary>
    public static byte[] Change(Random random, ReadOnlySpan<byte> bytes, int kept = 0)
    {
        List<byte> changed = [.. bytes];
        for (int i = random.Next(1, MaxChanges + 1); i > 0 && changed.Count > kept; i--)
            ChangeOnce(random, changed, kept);
        return [.. changed];
    }

    private static void ChangeOnce(Random random, List<byte> bytes, int kept)
    {
        int at = random.Next(kept, bytes.Count), length = random.Next(1, Math.Min(MaxPiece, bytes.Count - at) + 1);
        switch (random.Next(9))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3 or 4:
                WriteEdge(random, bytes, at);
                break;
            case 5:
                bytes.RemoveRange(at, length);
                break;
            case 6:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 7:
                byte[] piece = [.. bytes.GetRange(random.Next(bytes.Count - length + 1), length)];
                for (int i = 0; i < length; i++)
                    bytes[at + i] = piece[i];
                break;
            default:
                if (random.Next(8) == 0)
                    bytes.RemoveRange(at, bytes.Count - at);
                else
                    bytes[at] = (byte)(bytes[at] + random.Next(-4, 5));
                break;
        }
    }

    private static void WriteEdge(Random random, List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        ulong edge = Edges[random.Next(Edges.Length)];
        int width = Math.Min(1 << random.Next(4), bytes.Count - at);
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(number, edge);
        else
            BinaryPrimitives.WriteUInt64BigEndian(number, edge << (64 - (8 * width)));
        for (int i = 0; i < width; i++)
            bytes[at + i] = number[i];
    }
}
