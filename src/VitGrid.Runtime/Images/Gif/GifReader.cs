using System.Buffers;

namespace VitGrid.Runtime.Images.Gif;

/// <summary>Reads the first frame of a GIF, drawn on the logical screen as the reference draws it. Trusts nothing in the file.</summary>
internal static class GifReader
{
    /// <summary>Decodes <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Damaged, or larger than the limits; the logical screen counts.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        GifFrame frame = GifFrame.Read(file);
        if (frame.Place.Width < 1 || frame.Place.Height < 1)
            throw ImageRefusal.Damaged(ImageFormat.Gif, $"has a first frame of {frame.Place.Width}x{frame.Place.Height} pixels");
        limits.Check(frame.Width, frame.Height);
        Raster raster = Raster.Rent(frame.Width, frame.Height);
        try
        {
            int count = frame.Width * frame.Height;
            raster.Bytes.AsSpan(0, count).Fill(frame.Ground);
            Draw(file, frame, raster.Bytes.AsSpan(0, count));
            IndexedPixels.ToRgb(raster.Bytes, count, PaletteOf(frame, profile));
            return raster;
        }
        catch
        {
            raster.Dispose();
            throw;
        }
    }

    private static byte[] PaletteOf(GifFrame frame, PreprocessProfile profile)
    {
        byte[] palette = [.. frame.Palette];
        if (profile.IsOnWhite && frame.Transparent is { } index)
            palette.AsSpan(index * Raster.PixelBytes, Raster.PixelBytes).Fill(byte.MaxValue);
        return palette;
    }

    private static void Draw(ReadOnlySpan<byte> file, GifFrame frame, Span<byte> screen)
    {
        int count = frame.Place.Width * frame.Place.Height;
        byte[] indices = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            if (!GifLzw.TryDecode(file[frame.DataOffset..], frame.CodeBits, indices.AsSpan(0, count)))
                throw ImageRefusal.Damaged(ImageFormat.Gif, $"of {file.Length} bytes is damaged or cut off within its first frame");
            int row = 0;
            foreach (int target in RowOrder(frame.Place.Height, frame.Interlaced))
            {
                int at = ((frame.Place.Top + target) * frame.Width) + frame.Place.Left;
                indices.AsSpan(row++ * frame.Place.Width, frame.Place.Width).CopyTo(screen[at..]);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(indices);
        }
    }

    private static IEnumerable<int> RowOrder(int height, bool interlaced)
    {
        (int First, int Step)[] passes = interlaced ? [(0, 8), (4, 8), (2, 4), (1, 2)] : [(0, 1)];
        foreach ((int first, int step) in passes)
        {
            for (int row = first; row < height; row += step)
                yield return row;
        }
    }
}
