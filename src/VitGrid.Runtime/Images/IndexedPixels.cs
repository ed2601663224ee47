namespace VitGrid.Runtime.Images;

/// <summary>Looks up the colours of pixels that are one byte each.</summary>
internal static class IndexedPixels
{
    /// <summary>Bytes of a palette: 256 colours of red, green and blue.</summary>
    public const int PaletteBytes = 256 * Raster.PixelBytes;

    /// <summary>The palette under which every index is its own grey.</summary>
    public static ReadOnlySpan<byte> GreyRamp => Ramp;

    private static readonly byte[] Ramp = [.. Enumerable.Range(0, PaletteBytes).Select(at => (byte)(at / Raster.PixelBytes))];

    /// <summary>Replaces the first <paramref name="count"/> bytes by as many colours of three bytes, within the same array.</summary>
    public static void ToRgb(Span<byte> bytes, int count, ReadOnlySpan<byte> palette)
    {
        palette = palette[..PaletteBytes];
        for (int pixel = count - 1; pixel >= 0; pixel--)
        {
            int colour = bytes[pixel] * Raster.PixelBytes;
            int to = pixel * Raster.PixelBytes;
            bytes[to] = palette[colour];
            bytes[to + 1] = palette[colour + 1];
            bytes[to + 2] = palette[colour + 2];
        }
    }
}
