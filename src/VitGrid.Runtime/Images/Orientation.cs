namespace VitGrid.Runtime.Images;

/// <summary>Turns an image upright by its EXIF orientation (1–8, TIFF 6.0 tag 274).</summary>
internal static class Orientation
{
    /// <summary>The upright image; <paramref name="stored"/> itself when it already is, else it is given back to the pool.</summary>
    public static Raster Upright(Raster stored, int orientation)
    {
        if (orientation is <= 1 or > 8)
            return stored;
        using (stored)
            return Turn(stored, orientation);
    }

    private static Raster Turn(Raster stored, int orientation)
    {
        (int right, int down) = (Raster.PixelBytes, stored.Width * Raster.PixelBytes);
        (int lastColumn, int lastRow) = ((stored.Width - 1) * right, (stored.Height - 1) * down);
        // First stored pixel of the upright image, then the stored step to its right and lower neighbours.
        (int start, int across, int along) = orientation switch
        {
            2 => (lastColumn, -right, down),
            3 => (lastColumn + lastRow, -right, -down),
            4 => (lastRow, right, -down),
            5 => (0, down, right),
            6 => (lastRow, -down, right),
            7 => (lastColumn + lastRow, -down, -right),
            _ => (lastColumn, down, -right),
        };
        Raster upright = orientation < 5 ? Raster.Rent(stored.Width, stored.Height) : Raster.Rent(stored.Height, stored.Width);
        for (int row = 0; row < upright.Height; row++)
            CopyRow(stored.Pixels, start + (row * along), across, upright.Row(row));
        return upright;
    }

    private static void CopyRow(ReadOnlySpan<byte> stored, int from, int step, Span<byte> row)
    {
        for (int to = 0; to < row.Length; to += Raster.PixelBytes, from += step)
        {
            row[to] = stored[from];
            row[to + 1] = stored[from + 1];
            row[to + 2] = stored[from + 2];
        }
    }
}
