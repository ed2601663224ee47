using System.Buffers;

namespace VitGrid.Runtime.Images.Png;

/// <summary>
/// Writes a copy of a PNG of nothing but what decides its pixels, in the order that libpng demands: the header, the palette, the
/// orientation, the pixels, the end. Left out and fixed is what stops libpng and not the reference: chunks of unknown types, a header
/// or a palette that comes twice or not at its place, or with bytes too many, a window of the compressor that is said to be smaller than
/// it is, wrong checksums of pixels and of what follows them. Compressed texts and colour profiles go too: none of them reaches a pixel,
/// and a hundred kilobytes of them can inflate to gigabytes.
/// </summary>
internal static class PngCopy
{
    // A header, a palette that the file lacks, and the end.
    private const int AddedBytes = (3 * PngChunk.FrameBytes) + PngHeader.Bytes + IndexedPixels.PaletteBytes;

    /// <summary>The copy, in an array of the pool; no array when the file can be decoded as it is.</summary>
    /// <exception cref="ImageException">The reference refuses one of the chunks.</exception>
    public static ArraySegment<byte> Repaired(ReadOnlySpan<byte> file)
    {
        PngParts parts = PngParts.Find(file);
        if (parts.IsPlain || parts.Header.IsEmpty)
            return default;
        byte[] copy = ArrayPool<byte>.Shared.Rent(file.Length + AddedBytes);
        int count = PngChunk.SignatureBytes;
        file[..count].CopyTo(copy);
        parts.Header.CopyTo(copy.AsSpan(count));
        count += PngHeader.Repair(copy.AsSpan(count, parts.Header.Length));
        if (parts.ColourType == PngHeader.Palette)
            count += PngChunk.Write(copy.AsSpan(count), "PLTE"u8, PaletteOf(parts.Palette));
        if (!parts.Exif.IsEmpty)
            count += PngChunk.Write(copy.AsSpan(count), "eXIf"u8, parts.Exif);
        count += CopyPixels(file[parts.Pixels..parts.PixelsEnd], copy, count);
        if (parts.AreComplete)
            count += PngChunk.Write(copy.AsSpan(count), "IEND"u8, []);
        return new(copy, 0, count);
    }

    // Without a palette all is black; what is left over of a third of a colour is not read.
    private static ReadOnlySpan<byte> PaletteOf(ReadOnlySpan<byte> palette)
    {
        int whole = palette.Length / Raster.PixelBytes * Raster.PixelBytes;
        return whole == 0 ? new byte[Raster.PixelBytes] : palette[..whole];
    }

    private static int CopyPixels(ReadOnlySpan<byte> pixels, byte[] copy, int to)
    {
        pixels.CopyTo(copy.AsSpan(to));
        PngWindow window = new();
        for (int at = 0; at < pixels.Length;)
        {
            PngChunk chunk = PngChunk.At(pixels, at);
            window.Add(to + at, chunk.Data);
            if (!chunk.IsSound)
                PngChunk.Sign(copy.AsSpan(to + at, chunk.Whole.Length));
            at += chunk.Whole.Length;
        }
        window.Repair(copy.AsSpan(0, to + pixels.Length));
        return pixels.Length;
    }
}
