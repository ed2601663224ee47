namespace VitGrid.Runtime.Images.Gif;

/// <summary>What a GIF says of its first frame.</summary>
internal sealed record GifFrame
{
    private const byte Extension = 0x21;
    private const byte Descriptor = 0x2c;
    private const byte Trailer = 0x3b;

    /// <summary>The logical screen's width in pixels, widened where the frame passes it.</summary>
    public required int Width { get; init; }

    /// <summary>The logical screen's height in pixels, likewise.</summary>
    public required int Height { get; init; }

    /// <summary>Where the frame lies on the screen.</summary>
    public required GifRectangle Place { get; init; }

    /// <summary>Whether the frame's rows come in four passes.</summary>
    public required bool Interlaced { get; init; }

    /// <summary>The index that is transparent; null without one.</summary>
    public required byte? Transparent { get; init; }

    /// <summary>The index that fills the screen before the frame is drawn: the transparent one, else 0.</summary>
    public byte Ground => Transparent ?? 0;

    /// <summary>256 colours of three bytes.</summary>
    public required byte[] Palette { get; init; }

    /// <summary>LZW's bits of an index.</summary>
    public required int CodeBits { get; init; }

    /// <summary>Where the frame's data blocks begin, in bytes.</summary>
    public required int DataOffset { get; init; }

    /// <summary>What the pixels need: the frame's indices beside the screen.</summary>
    public DecodeDemand Demand => new()
    {
        Format = ImageFormat.Gif,
        Width = Width,
        Height = Height,
        Bands = Raster.PixelBytes,
        BufferBytes = Raster.BytesFor((long)Place.Width * Place.Height),
        Work = (long)Width * Height,
    };

    /// <summary>Reads a file up to the first frame's data, stepping over every byte between blocks that begins none.</summary>
    /// <exception cref="ImageException">Damaged, or without a frame.</exception>
    public static GifFrame Read(ReadOnlySpan<byte> file)
    {
        GifCursor cursor = new(file);
        cursor.Skip(6);
        (int width, int height) = (cursor.Short(), cursor.Short());
        byte flags = cursor.Byte();
        cursor.Skip(2);
        byte[]? palette = GifPalette.Read(ref cursor, flags);
        byte? transparent = null;
        while (true)
        {
            switch (cursor.Byte())
            {
                case Extension:
                    transparent = GifExtension.Read(ref cursor) ?? transparent;
                    break;
                case Descriptor:
                    return ReadDescriptor(ref cursor, width, height, palette, transparent);
                case Trailer:
                    throw ImageRefusal.Damaged(ImageFormat.Gif, $"of {file.Length} bytes holds no frame");
            }
        }
    }

    private static GifFrame ReadDescriptor(ref GifCursor cursor, int width, int height, byte[]? common, byte? transparent)
    {
        GifRectangle place = new(cursor.Short(), cursor.Short(), cursor.Short(), cursor.Short());
        byte flags = cursor.Byte();
        byte[]? own = GifPalette.Read(ref cursor, flags);
        return new()
        {
            Width = Math.Max(width, place.Left + place.Width),
            Height = Math.Max(height, place.Top + place.Height),
            Place = place,
            Interlaced = (flags & 0x40) != 0,
            Transparent = transparent,
            Palette = own ?? common ?? IndexedPixels.GreyRamp.ToArray(),
            CodeBits = cursor.Byte(),
            DataOffset = cursor.Position,
        };
    }
}
