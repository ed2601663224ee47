namespace VitGrid.Runtime.Images.Gif;

/// <summary>Reads a GIF's colour tables.</summary>
internal static class GifPalette
{
    /// <summary>
    /// The table that <paramref name="flags"/> announce, filled up with black; none when they announce none or when every colour is the
    /// grey of its own index, which the reference takes for "no table".
    /// </summary>
    /// <exception cref="ImageException">The file ends within the table.</exception>
    public static byte[]? Read(ref GifCursor cursor, byte flags)
    {
        if ((flags & 0x80) == 0)
            return null;
        ReadOnlySpan<byte> colours = cursor.Bytes(Raster.PixelBytes << ((flags & 7) + 1));
        if (IndexedPixels.GreyRamp.StartsWith(colours))
            return null;
        byte[] palette = new byte[IndexedPixels.PaletteBytes];
        colours.CopyTo(palette);
        return palette;
    }
}
