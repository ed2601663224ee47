namespace VitGrid.Runtime.Images;

/// <summary>
/// Lays transparent pixels on white, in the integers of Pillow's <c>Image.alpha_composite</c>: what transformers 5 does with an image that
/// has alpha.
/// </summary>
internal static class WhiteGround
{
    private const int RgbaBytes = 4;

    /// <summary>Replaces <paramref name="count"/> pixels of colour and alpha by as many opaque ones, from the front of the array.</summary>
    public static void Compose(Span<byte> bytes, int count)
    {
        for (int pixel = 0; pixel < count; pixel++)
        {
            ReadOnlySpan<byte> rgba = bytes.Slice(pixel * RgbaBytes, RgbaBytes);
            byte alpha = rgba[3];
            (byte red, byte green, byte blue) = (Level(rgba[0], alpha), Level(rgba[1], alpha), Level(rgba[2], alpha));
            Span<byte> rgb = bytes.Slice(pixel * Raster.PixelBytes, Raster.PixelBytes);
            (rgb[0], rgb[1], rgb[2]) = (red, green, blue);
        }
    }

    /// <summary>Makes the pixels of a grey image white whose level is <paramref name="key"/>.</summary>
    public static void ComposeKey(Span<byte> rgb, int key)
    {
        for (int at = 0; at < rgb.Length; at += Raster.PixelBytes)
        {
            if (rgb[at] == key)
                rgb.Slice(at, Raster.PixelBytes).Fill(byte.MaxValue);
        }
    }

    /// <summary>One channel: round((colour · alpha + 255 · (255 − alpha)) ÷ 255).</summary>
    public static byte Level(byte colour, byte alpha)
    {
        int sum = (colour * alpha) + (byte.MaxValue * (byte.MaxValue - alpha)) + 0x80;
        return (byte)(((sum >> 8) + sum) >> 8);
    }
}
