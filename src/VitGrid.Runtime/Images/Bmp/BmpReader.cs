using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Bmp;

/// <summary>Reads BMP files as the reference does. Trusts nothing in them.</summary>
internal static class BmpReader
{
    /// <summary>Decodes <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        BmpHeader header = BmpHeader.Parse(file, limits);
        BmpPalette? palette = header.Bits <= 8 ? BmpPalette.Read(file, header) : null;
        long offset = PixelOffset(header, palette);
        if (header.RunBits > 0)
            return BmpRuns.Read(file, offset, header, palette!);
        CheckExtent(header, palette?.PackedBits ?? header.Bits, offset, file.Length);
        Raster raster = Raster.Rent(header.Width, header.Height);
        uint alpha = profile.IsOnWhite ? header.AlphaMask : 0;
        for (int row = 0; row < header.Height; row++)
        {
            int stored = header.TopDown ? row : header.Height - 1 - row;
            ReadOnlySpan<byte> pixels = file[(int)(offset + ((long)stored * header.RowBytes))..];
            ReadRow(header, palette, pixels, raster.Row(row));
            if (alpha != 0)
                LayOnWhite(pixels, alpha, raster.Row(row));
        }
        return raster;
    }

    // A file header that places the pixels where the palette lies has forgotten the palette; one that says 0 means "behind it".
    private static long PixelOffset(BmpHeader header, BmpPalette? palette)
    {
        if (header.StatedOffset == 0)
            return palette?.End ?? header.PaletteOffset;
        bool forgotten = palette is not null && header.StatedOffset == header.HeaderEnd;
        return forgotten ? palette!.End : header.StatedOffset;
    }

    private static void CheckExtent(BmpHeader header, int packedBits, long offset, int fileBytes)
    {
        long rowBytes = (((long)header.Width * packedBits) + 7) / 8;
        if (rowBytes > header.RowBytes)
            throw BmpHeader.Damaged($"has a grey palette, whose pixels are whole bytes, and rows of only {header.RowBytes} bytes");
        long end = offset + ((header.Height - 1L) * header.RowBytes) + rowBytes;
        if (end > fileBytes)
            throw BmpHeader.Damaged(
                $"of {header.Width}x{header.Height} pixels at {header.Bits} bits needs {end} bytes and has {fileBytes}");
    }

    private static void ReadRow(BmpHeader header, BmpPalette? palette, ReadOnlySpan<byte> stored, Span<byte> row)
    {
        switch (header.Bits)
        {
            case 24:
                for (int at = 0; at < row.Length; at += Raster.PixelBytes)
                    (row[at], row[at + 1], row[at + 2]) = (stored[at + 2], stored[at + 1], stored[at]);
                break;
            case 16:
                for (int x = 0; x < header.Width; x++)
                    Unpack(BinaryPrimitives.ReadUInt16LittleEndian(stored[(x * 2)..]), header.Masks, row[(x * 3)..]);
                break;
            case 32:
                for (int x = 0; x < header.Width; x++)
                    Unpack(BinaryPrimitives.ReadUInt32LittleEndian(stored[(x * 4)..]), header.Masks, row[(x * 3)..]);
                break;
            default:
                ReadIndices(palette!, stored, row[..header.Width]);
                IndexedPixels.ToRgb(row, header.Width, palette!.Colours);
                break;
        }
    }

    private static void LayOnWhite(ReadOnlySpan<byte> stored, uint alpha, Span<byte> row)
    {
        for (int at = 0; at < row.Length; at++)
        {
            uint pixel = BinaryPrimitives.ReadUInt32LittleEndian(stored[(at / Raster.PixelBytes * sizeof(uint))..]);
            row[at] = WhiteGround.Level(row[at], BmpMasks.Channel(pixel, alpha));
        }
    }

    private static void ReadIndices(BmpPalette palette, ReadOnlySpan<byte> stored, Span<byte> indices)
    {
        int perByte = 8 / palette.PackedBits;
        int mask = (1 << palette.PackedBits) - 1;
        for (int x = 0; x < indices.Length; x++)
        {
            int shift = (perByte - 1 - (x % perByte)) * palette.PackedBits;
            indices[x] = (byte)(((stored[x / perByte] >> shift) & mask) * palette.Spread);
        }
    }

    private static void Unpack(uint pixel, BmpMasks masks, Span<byte> rgb)
    {
        rgb[2] = BmpMasks.Channel(pixel, masks.Blue);
        rgb[1] = BmpMasks.Channel(pixel, masks.Green);
        rgb[0] = BmpMasks.Channel(pixel, masks.Red);
    }
}
