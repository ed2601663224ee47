namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Reads what a TIFF's first page needs, and what the JPEG files within it need.</summary>
internal static class TiffDemand
{
    // libvips holds a row of tiles or a strip, and once more as libtiff unpacks it.
    private const int Copies = 2;

    // libwebp's own pixels of a part, and those that it hands over.
    private const int WebPBytes = 16;

    /// <summary>The demand.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static DecodeDemand Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        TiffPage page = TiffPage.Read(file, limits);
        (TiffLayout layout, TiffSamples samples) = (page.Layout, page.Samples);
        int across = layout.Tiled ? layout.Across : 1;
        long partPixels = (long)layout.PartWidth * layout.PartHeight;
        int bytes = Math.Max(samples.Bits / 8, 1);
        int orientation = TiffOrientation.Read(page.Directory);
        TiffJpegs jpegs = samples.Compression == TiffCompression.Jpeg ? TiffJpegs.Read(file, page) : default;
        return new()
        {
            Format = ImageFormat.Tiff,
            Width = layout.Width,
            Height = layout.Height,
            Bands = samples.Stored,
            BandBytes = bytes,
            BufferBytes = (partPixels * across * samples.Stored * bytes * Copies) + jpegs.BufferBytes
                + (samples.Compression == TiffCompression.WebP ? partPixels * WebPBytes : 0),
            Work = Math.Max(jpegs.Work, partPixels * layout.Across * layout.Down * samples.Stored),
            IsTurned = orientation is >= 2 and <= 8,
            IsTransposed = orientation is >= 5 and <= 8,
            Detail = jpegs.Scans > layout.Offsets.Length ? System.FormattableString.Invariant($" and {jpegs.Scans:N0} scans") : "",
        };
    }
}
