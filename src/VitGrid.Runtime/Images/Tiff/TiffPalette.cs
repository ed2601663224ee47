namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Reads a page's colour map.</summary>
internal static class TiffPalette
{
    private const int MaxColours = 256;

    /// <summary>
    /// The colours under the samples as libvips gives them, stretched to 0–255; the high byte of each number counts, and what the map
    /// does not hold is black.
    /// </summary>
    /// <exception cref="ImageException">The map is missing or longer than the reference takes.</exception>
    public static byte[] Read(TiffDirectory directory, int bits)
    {
        long[] map = directory.Numbers(TiffTag.ColourMap);
        int colours = map.Length / Raster.PixelBytes;
        if (colours is 0 or > MaxColours)
            throw TiffDirectory.Damaged($"has a colour map of {map.Length} numbers; 3 to {MaxColours * Raster.PixelBytes} can be");
        byte[] palette = new byte[IndexedPixels.PaletteBytes];
        int stretch = 255 / ((1 << bits) - 1);
        for (int colour = 0; colour < Math.Min(colours, 1 << bits); colour++)
        {
            for (int band = 0; band < Raster.PixelBytes; band++)
                palette[(colour * stretch * Raster.PixelBytes) + band] = (byte)(map[(band * colours) + colour] >> 8);
        }
        return palette;
    }
}
