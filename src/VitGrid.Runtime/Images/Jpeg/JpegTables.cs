namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>libjpeg's rules for the segments that may still follow the pixels of a JPEG.</summary>
internal static class JpegTables
{
    private const byte Huffman = 0xc4;
    private const byte Arithmetic = 0xcc;
    private const byte Quantisation = 0xdb;
    private const byte Lines = 0xdc;
    private const byte Comment = 0xfe;
    private const int TablesOfAKind = 4;
    private const int ArithmeticTables = 16;

    /// <summary>Whether a marker with a segment may follow the only scan.</summary>
    public static bool IsTakenAfterScan(byte marker) =>
        marker is Huffman or Arithmetic or Quantisation or Lines or JpegMarkers.DefineRestarts or (>= 0xe0 and <= 0xef) or Comment;

    /// <summary>Whether a segment's content is consistent; only tables are looked at.</summary>
    public static bool IsWellFormed(byte marker, ReadOnlySpan<byte> segment) => marker switch
    {
        Huffman => IsHuffman(segment),
        Arithmetic => IsArithmetic(segment),
        Quantisation => IsQuantisation(segment),
        JpegMarkers.DefineRestarts => segment.Length == 2,
        _ => true,
    };

    private static bool IsHuffman(ReadOnlySpan<byte> rest)
    {
        while (rest.Length > 16)
        {
            int codes = 0;
            foreach (byte count in rest[1..17])
                codes += count;
            if (codes > 256 || codes > rest.Length - 17 || (rest[0] & ~0x10) >= TablesOfAKind)
                return false;
            rest = rest[(17 + codes)..];
        }
        return rest.IsEmpty;
    }

    private static bool IsArithmetic(ReadOnlySpan<byte> rest)
    {
        for (; rest.Length >= 2; rest = rest[2..])
        {
            if (rest[0] >= 2 * ArithmeticTables || (rest[0] < ArithmeticTables && (rest[1] & 15) > rest[1] >> 4))
                return false;
        }
        return rest.IsEmpty;
    }

    private static bool IsQuantisation(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            int bytes = (rest[0] >> 4) == 0 ? 65 : 129;
            if ((rest[0] & 15) >= TablesOfAKind || bytes > rest.Length)
                return false;
            rest = rest[bytes..];
        }
        return true;
    }
}
