namespace VitGrid.Runtime.Images.Tiff;

/// <summary>The compressions of TIFF, and which of them are read.</summary>
internal static class TiffCompression
{
    public const int None = 1;
    public const int Jpeg = 7;
    public const int WebP = 50001;

    /// <summary>Refuses a compression that is not read.</summary>
    /// <exception cref="ImageException">Such a compression.</exception>
    public static void Check(long compression)
    {
        if (compression is not (None or 2 or 3 or 4 or 5 or Jpeg or 8 or 32773 or 32946 or WebP))
            throw TiffSamples.Unsupported($"has compression {compression}{Name(compression)}");
    }

    private static string Name(long compression) => compression switch
    {
        6 => " (old JPEG)",
        9 or 10 or 34661 => " (JBIG)",
        32809 => " (ThunderScan)",
        33003 or 33004 or 33005 or 34712 => " (JPEG 2000)",
        34676 or 34677 => " (SGI LogLuv)",
        34887 => " (LERC)",
        34925 => " (LZMA)",
        50000 => " (Zstandard)",
        50002 or 52546 => " (JPEG XL)",
        _ => "",
    };
}
