using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

/// <summary>Reads uncompressed BMP files, which libvips' native build does not. Trusts nothing in them.</summary>
internal static class BmpReader
{
    /// <summary>Decodes <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static Raster Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        BmpHeader header = BmpHeader.Parse(file, limits);
        Raster raster = Raster.Rent(header.Width, header.Height);
        try
        {
            for (int row = 0; row < header.Height; row++)
            {
                int stored = header.TopDown ? row : header.Height - 1 - row;
                ReadRow(header, file, file[(header.PixelOffset + (stored * header.RowBytes))..], raster.Row(row));
            }
            return raster;
        }
        catch
        {
            raster.Dispose();
            throw;
        }
    }

    private static void ReadRow(BmpHeader header, ReadOnlySpan<byte> file, ReadOnlySpan<byte> stored, Span<byte> row)
    {
        switch (header.Bits)
        {
            case 24:
                ReadBgr(stored, row);
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
                ReadPalette(header, file, stored, row);
                break;
        }
    }

    private static void ReadBgr(ReadOnlySpan<byte> stored, Span<byte> row)
    {
        for (int at = 0; at < row.Length; at += Raster.PixelBytes)
            (row[at], row[at + 1], row[at + 2]) = (stored[at + 2], stored[at + 1], stored[at]);
    }

    private static void ReadPalette(BmpHeader header, ReadOnlySpan<byte> file, ReadOnlySpan<byte> stored, Span<byte> row)
    {
        int pixelsPerByte = 8 / header.Bits;
        int mask = (1 << header.Bits) - 1;
        for (int x = 0; x < header.Width; x++)
        {
            int shift = (pixelsPerByte - 1 - (x % pixelsPerByte)) * header.Bits;
            int index = (stored[x / pixelsPerByte] >> shift) & mask;
            if (index >= header.PaletteColours)
                throw BmpHeader.Damaged($"uses colour {index} of a palette of {header.PaletteColours}");
            ReadOnlySpan<byte> colour = file.Slice(header.PaletteOffset + (index * header.PaletteEntryBytes), Raster.PixelBytes);
            ReadBgr(colour, row.Slice(x * Raster.PixelBytes, Raster.PixelBytes));
        }
    }

    private static void Unpack(uint pixel, BmpMasks masks, Span<byte> rgb)
    {
        rgb[2] = BmpMasks.Channel(pixel, masks.Blue);
        rgb[1] = BmpMasks.Channel(pixel, masks.Green);
        rgb[0] = BmpMasks.Channel(pixel, masks.Red);
    }
}
