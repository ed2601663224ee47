namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Where a TIFF's pixels lie: strips or tiles, as the reference finds them.</summary>
internal sealed record TiffLayout
{
    private const int MaxTileSide = 8192;
    private const int HeaderBytes = 8;

    // One row a strip, or the smallest tiles, of the largest image by default.
    private const int MaxParts = 500_000;

    // Parts of one content may lie at one place; a decoder still reads each of them.
    private const int MaxOverlap = 4;
    private const int OverlapSlack = 1 << 16;

    /// <summary>Columns, as stored.</summary>
    public required int Width { get; init; }

    /// <summary>Rows, as stored.</summary>
    public required int Height { get; init; }

    /// <summary>Whether the pixels come in tiles, not strips.</summary>
    public required bool Tiled { get; init; }

    /// <summary>A tile's width, or the image's.</summary>
    public required int PartWidth { get; init; }

    /// <summary>A tile's or strip's height.</summary>
    public required int PartHeight { get; init; }

    /// <summary>Where each part begins, plane by plane.</summary>
    public required long[] Offsets { get; init; }

    /// <summary>Bytes of each part; empty where the file does not say.</summary>
    public required long[] ByteCounts { get; init; }

    /// <summary>Parts beside each other.</summary>
    public int Across => (Width + PartWidth - 1) / PartWidth;

    /// <summary>Parts below each other, of one plane.</summary>
    public int Down => (Height + PartHeight - 1) / PartHeight;

    /// <summary>Bytes that all parts together may be said to have.</summary>
    public static long MaxStoredBytes(int fileBytes) => ((long)MaxOverlap * fileBytes) + OverlapSlack;

    /// <summary>Creates the refusal of a file whose parts lie over each other.</summary>
    public ImageException Overlapping(int fileBytes) => new(
        ImageFault.TooLarge,
        $"TIFF image of {Width}x{Height} pixels has {Offsets.Length} {(Tiled ? "tiles" : "strips")} that lie over each other "
        + $"and are read as more than {MaxStoredBytes(fileBytes)} bytes, {MaxOverlap} times the file: save it with parts of their own");

    /// <summary>Reads the tags.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static TiffLayout Read(TiffDirectory directory, TiffSamples samples, ImageLimits limits)
    {
        long width = directory.Number(TiffTag.Width, 0), height = directory.Number(TiffTag.Height, 0);
        if (width < 1 || height < 1)
            throw TiffDirectory.Damaged($"claims {width}x{height} pixels");
        limits.Check(width, height);
        bool raw = samples.Compression == TiffCompression.None;
        bool tiled = raw ? !directory.Has(TiffTag.StripOffsets) : directory.Has(TiffTag.TileWidth);
        (long partWidth, long partHeight) = tiled
            ? (directory.Number(TiffTag.TileWidth, 0), directory.Number(TiffTag.TileHeight, 0))
            : (width, Math.Min(directory.Number(TiffTag.RowsPerStrip, height), height));
        CheckPart(tiled, partWidth, partHeight, samples);
        bool byTile = tiled && directory.Has(TiffTag.TileOffsets);
        TiffLayout layout = new()
        {
            Width = (int)width,
            Height = (int)height,
            Tiled = tiled,
            PartWidth = (int)partWidth,
            PartHeight = (int)partHeight,
            Offsets = directory.Numbers(byTile ? TiffTag.TileOffsets : TiffTag.StripOffsets),
            ByteCounts = directory.Numbers(byTile ? TiffTag.TileByteCounts : TiffTag.StripByteCounts),
        };
        TiffLayout settled = layout.Settled(samples);
        settled.CheckExtent(directory.FileBytes, compressed: !raw);
        return settled;
    }

    private static void CheckPart(bool tiled, long width, long height, TiffSamples samples)
    {
        if (width < 1 || height < 1)
            throw TiffDirectory.Damaged($"claims {(tiled ? "tiles" : "strips")} of {width}x{height} pixels");
        if (tiled && (width % 16 != 0 || height % 16 != 0 || width > MaxTileSide || height > MaxTileSide))
            throw TiffSamples.Unsupported($"has tiles of {width}x{height} pixels, whose sides are no multiples of 16 up to {MaxTileSide}");
        if (tiled && samples.Separate)
            throw TiffSamples.Unsupported("has tiles and a plane for each sample");
    }

    private TiffLayout Settled(TiffSamples samples)
    {
        int across = Across, down = Down;
        long needed = (long)across * down * (samples.Separate ? samples.Count : 1);
        if (needed > MaxParts)
            throw new ImageException(
                ImageFault.TooLarge,
                $"TIFF image of {Width}x{Height} pixels has {needed} {(Tiled ? "tiles" : "strips")}; at most {MaxParts} are read: "
                + "save it with larger ones");
        bool raw = samples.Compression == TiffCompression.None;
        // Of several uncompressed parts that each cover the image, the reference takes the last.
        bool whole = raw && PartWidth == Width && PartHeight == Height && !samples.InPlanes;
        if (Offsets.Length < needed || (raw && !whole && Offsets.Length > needed))
            throw TiffDirectory.Damaged(
                $"has {Offsets.Length} {(Tiled ? "tiles" : "strips")}, not the {needed} that {Width}x{Height} pixels need");
        long[] offsets = whole ? Offsets[^1..] : Offsets[..(int)needed];
        long[] stored = ByteCounts.Length >= needed ? ByteCounts[..(int)needed] : [];
        long[] counted = [.. offsets.Select((_, part) => UncompressedBytes(part % (across * down), samples))];
        return this with { Offsets = offsets, ByteCounts = raw ? counted : stored };
    }

    private void CheckExtent(int fileBytes, bool compressed)
    {
        long stored = 0;
        for (int part = 0; part < Offsets.Length; part++)
        {
            long bytes = ByteCounts.Length > part ? ByteCounts[part] : 1;
            if (Offsets[part] < HeaderBytes || bytes < 0 || bytes > fileBytes - Offsets[part])
                throw TiffDirectory.Damaged($"places {bytes} bytes of pixels at byte {Offsets[part]} of {fileBytes}");
            stored += bytes;
        }
        if (compressed && stored > MaxStoredBytes(fileBytes))
            throw Overlapping(fileBytes);
    }

    private long UncompressedBytes(int part, TiffSamples samples)
    {
        long rowBytes = (((long)PartWidth * samples.Bits * (samples.Separate ? 1 : samples.Count)) + 7) / 8;
        return rowBytes * (Tiled ? PartHeight : Math.Min(PartHeight, Height - ((long)part * PartHeight)));
    }
}
