namespace VitGrid.LoadTest.Images;

/// <summary>The example tables of ITU-T T.81, annex K, that nearly every encoder uses.</summary>
internal static class JpegTables
{
    /// <summary>Place in the block of the i-th number of a scan.</summary>
    public static readonly int[] ZigZag =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Quantisation of brightness at quality 50, row by row (K.1).</summary>
    public static readonly byte[] LightSteps =
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100,
        103, 99,
    ];

    /// <summary>Quantisation of colour at quality 50, row by row (K.2).</summary>
    public static readonly byte[] ColourSteps =
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    /// <summary>How many codes there are of each length, 1–16 bits (K.3).</summary>
    public static readonly byte[] DcCounts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>What the codes stand for, the shortest first.</summary>
    public static readonly byte[] DcSymbols = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    /// <summary>How many codes there are of each length (K.5).</summary>
    public static readonly byte[] AcCounts = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];

    /// <summary>Run of zeros and length of the number after it, four bits each; the shortest code first.</summary>
    public static readonly byte[] AcSymbols = Convert.FromHexString(
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A"
        + "434445464748494A535455565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AA"
        + "B2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    /// <summary>Code and length by symbol.</summary>
    public static readonly (int Code, int Length)[] DcCodes = Codes(DcCounts, DcSymbols);

    /// <summary>Code and length by symbol.</summary>
    public static readonly (int Code, int Length)[] AcCodes = Codes(AcCounts, AcSymbols);

    /// <summary>Steps for another quality than 50, as libjpeg scales them.</summary>
    public static byte[] Scale(byte[] steps, int quality)
    {
        int percent = quality < 50 ? 5_000 / quality : 200 - (2 * quality);
        return [.. steps.Select(step => (byte)Math.Clamp(((step * percent) + 50) / 100, 1, 255))];
    }

    private static (int Code, int Length)[] Codes(byte[] counts, byte[] symbols)
    {
        (int, int)[] codes = new (int, int)[256];
        int code = 0, next = 0;
        for (int length = 1; length <= counts.Length; length++, code <<= 1)
        {
            for (int i = 0; i < counts[length - 1]; i++)
                codes[symbols[next++]] = (code++, length);
        }
        return codes;
    }
}
