namespace VitGrid.Runtime.Images.Bmp;

/// <summary>
/// The colours of a BMP of up to 8 bits a pixel, and how its pixels are packed, which in the reference the colours decide.
/// </summary>
/// <param name="Colours">256 colours of three bytes; black beyond those of the file.</param>
/// <param name="PackedBits">Bits of a stored index: 1, 4 or 8.</param>
/// <param name="Spread">What an index is multiplied by before it is looked up.</param>
/// <param name="End">Where the palette ends, or would.</param>
internal sealed record BmpPalette(byte[] Colours, int PackedBits, int Spread, int End)
{
    private const int MaxColours = 256;
    private const int MaxClaim = 65_536;

    /// <summary>Reads the palette behind the headers, or what the file holds of it.</summary>
    /// <exception cref="ImageException">It has more than 256 colours that are not grey.</exception>
    public static BmpPalette Read(ReadOnlySpan<byte> file, BmpHeader header)
    {
        uint claimed = header.Colours == 0 ? 1u << header.Bits : header.Colours;
        if (claimed > MaxClaim)
            throw BmpHeader.Damaged($"claims {claimed} colours at {header.Bits} bits a pixel; at most {MaxColours} can be");
        int left = Math.Max(file.Length - header.PaletteOffset, 0) / header.ColourBytes;
        int count = (int)Math.Min(claimed, left);
        int end = header.PaletteOffset + ((int)claimed * header.ColourBytes);
        ReadOnlySpan<byte> stored = file[Math.Min(header.PaletteOffset, file.Length)..];
        if (count == claimed && IsGrey(stored, count, header.ColourBytes))
            return new(IndexedPixels.GreyRamp.ToArray(), count == 2 ? 1 : 8, count == 2 ? 255 : 1, end);
        if (count > MaxColours)
            throw BmpHeader.Damaged($"claims {claimed} colours at {header.Bits} bits a pixel; at most {MaxColours} can be");
        byte[] colours = new byte[IndexedPixels.PaletteBytes];
        for (int colour = 0; colour < count; colour++)
        {
            ReadOnlySpan<byte> from = stored[(colour * header.ColourBytes)..];
            (colours[colour * 3], colours[(colour * 3) + 1], colours[(colour * 3) + 2]) = (from[2], from[1], from[0]);
        }
        return new(colours, header.Bits, 1, (int)end);
    }

    // Black and white, or each colour the grey of its own index: the reference then reads bits or whole bytes, whatever the header says.
    private static bool IsGrey(ReadOnlySpan<byte> stored, int count, int colourBytes)
    {
        for (int colour = 0; colour < count; colour++)
        {
            byte grey = (byte)(count == 2 ? colour * 255 : colour);
            if (stored.Slice(colour * colourBytes, Raster.PixelBytes).IndexOfAnyExcept(grey) >= 0)
                return false;
        }
        return true;
    }
}
