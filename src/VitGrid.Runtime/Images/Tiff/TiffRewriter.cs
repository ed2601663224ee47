using System.Buffers;
using static VitGrid.Runtime.Images.Tiff.TiffDirectoryWriter;

namespace VitGrid.Runtime.Images.Tiff;

/// <summary>
/// Writes a copy of a file whose only directory holds what is known to be sound and decides how samples are unpacked, nothing of what
/// they mean: libvips gives the samples as they are stored, and no other tag can stop it or change them.
/// </summary>
internal static class TiffRewriter
{
    /// <summary>The copy, in an array of the pool.</summary>
    /// <exception cref="ImageException">The file and its directory pass what one array holds.</exception>
    public static ArraySegment<byte> Write(ReadOnlySpan<byte> file, TiffPage page)
    {
        (TiffSamples samples, TiffColour colour) = (page.Samples, page.Colour);
        TiffDirectory directory = page.Directory;
        TiffDirectoryWriter writer = new(directory.BigEndian);
        AddGeometry(writer, page.Layout, samples);
        AddSamples(writer, directory, samples, colour);
        if (colour == TiffColour.DecodedYcc)
            AddYcc(writer, directory);
        if (directory.Has(TiffTag.JpegTables))
            writer.AddBytes(TiffTag.JpegTables, directory.Bytes(TiffTag.JpegTables).ToArray());
        int at = (file.Length + 1) & ~1;
        long size = at + writer.Size;
        if (size > Array.MaxLength)
            throw new ImageException(
                ImageFault.TooLarge, $"image file of {file.Length} bytes cannot be held beside its directory: send a smaller file");
        byte[] copy = ArrayPool<byte>.Shared.Rent((int)size);
        file.CopyTo(copy);
        writer.WriteTo(copy.AsSpan(0, (int)size), at);
        return new(copy, 0, (int)size);
    }

    private static void AddGeometry(TiffDirectoryWriter writer, TiffLayout layout, TiffSamples samples)
    {
        writer.Add(TiffTag.Width, Long, layout.Width);
        writer.Add(TiffTag.Height, Long, layout.Height);
        writer.Add(TiffTag.Planes, Short, samples.Separate ? 2 : 1);
        writer.Add(layout.Tiled ? TiffTag.TileHeight : TiffTag.RowsPerStrip, Long, layout.PartHeight);
        if (layout.Tiled)
            writer.Add(TiffTag.TileWidth, Long, layout.PartWidth);
        writer.Add(layout.Tiled ? TiffTag.TileOffsets : TiffTag.StripOffsets, Long, layout.Offsets);
        if (layout.ByteCounts.Length > 0)
            writer.Add(layout.Tiled ? TiffTag.TileByteCounts : TiffTag.StripByteCounts, Long, layout.ByteCounts);
    }

    private static void AddSamples(TiffDirectoryWriter writer, TiffDirectory directory, TiffSamples samples, TiffColour colour)
    {
        int photometric = Photometric(samples, colour);
        int extra = samples.Count - photometric switch { 1 => 1, 5 => 4, _ => Raster.PixelBytes };
        // The reference takes 32 bits without a sign for 32 bits with one, and 8 with a sign for 8 without.
        long format = (samples.Bits, samples.Format) switch { (32, 1) => 2, (8, _) => 1, _ => samples.Format };
        writer.Add(TiffTag.BitsPerSample, Short, [.. Enumerable.Repeat((long)samples.Bits, samples.Count)]);
        writer.Add(TiffTag.Compression, Short, samples.Compression);
        writer.Add(TiffTag.Photometric, Short, photometric);
        writer.Add(TiffTag.FillOrder, Short, samples.FillOrder);
        writer.Add(TiffTag.SamplesPerPixel, Short, samples.Count);
        writer.Add(TiffTag.SampleFormat, Short, [.. Enumerable.Repeat(format, samples.Count)]);
        if (extra > 0)
            writer.Add(TiffTag.ExtraSamples, Short, new long[extra]);
        foreach (TiffTag tag in (TiffTag[])[TiffTag.Group3Options, TiffTag.Group4Options, TiffTag.Predictor])
        {
            if (directory.Has(tag))
                writer.Add(tag, tag == TiffTag.Predictor ? Short : Long, directory.Number(tag, 0));
        }
    }

    /// <summary>How the samples are presented: as grey, as colours, or as what libjpeg and libtiff must know them to be.</summary>
    private static int Photometric(TiffSamples samples, TiffColour colour) => colour switch
    {
        TiffColour.DecodedYcc => 6,
        TiffColour.Cmyk when samples.Compression == TiffCompression.Jpeg => 5,
        _ => samples.Count < Raster.PixelBytes ? 1 : 2,
    };

    private static void AddYcc(TiffDirectoryWriter writer, TiffDirectory directory)
    {
        if (directory.Has(TiffTag.Subsampling))
            writer.Add(TiffTag.Subsampling, Short, directory.Numbers(TiffTag.Subsampling));
        foreach ((TiffTag tag, int count) in ((TiffTag, int)[])[(TiffTag.LumaCoefficients, 3), (TiffTag.ReferenceBlackWhite, 6)])
        {
            float[] fractions = directory.Fractions(tag, new float[count]);
            if (directory.Has(tag) && fractions.AsSpan().IndexOfAnyExcept(0f) >= 0)
                writer.Add(tag, Float, [.. fractions.Select(fraction => (long)BitConverter.SingleToUInt32Bits(fraction))]);
        }
    }
}
