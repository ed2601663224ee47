namespace VitGrid.Runtime.Images.Tiff;

/// <summary>What a TIFF's samples are: the tags that say so, settled as the reference settles them.</summary>
internal sealed record TiffSamples
{
    private const int MaxSamples = 6;

    /// <summary>What the numbers mean, by TIFF's PhotometricInterpretation.</summary>
    public required long Photometric { get; init; }

    /// <summary>How the samples are compressed.</summary>
    public required int Compression { get; init; }

    /// <summary>Samples of a pixel that are read.</summary>
    public required int Count { get; init; }

    /// <summary>Samples of a pixel that are stored; more than <see cref="Count"/> where planes of no known meaning are left out.</summary>
    public required int Stored { get; init; }

    /// <summary>Bits of a sample.</summary>
    public required int Bits { get; init; }

    /// <summary>1 unsigned, 2 signed, 3 floating point.</summary>
    public required long Format { get; init; }

    /// <summary>What the samples beyond the colours mean; empty without the tag.</summary>
    public required long[] Extra { get; init; }

    /// <summary>2 where the lowest bit comes first, else 1.</summary>
    public required long FillOrder { get; init; }

    /// <summary>
    /// Whether the sample behind the colours is alpha to the reference: one that says so, or a fourth of red, green and blue that says
    /// nothing.
    /// </summary>
    public bool HasAlpha => (Photometric, Count, Extra) switch
    {
        (0 or 1, 2, [2]) => true,
        (2, 4, []) => true,
        (2, >= 4, [1 or 2 or 999, ..]) => true,
        (3, 2, [2]) => true,
        _ => false,
    };

    /// <summary>Whether the file says that each sample has a plane of its own.</summary>
    public required bool InPlanes { get; init; }

    /// <summary>Whether there is more than one plane.</summary>
    public bool Separate => InPlanes && Stored > 1;

    /// <summary>Whether the file's numbers have their highest byte first.</summary>
    public required bool BigEndian { get; init; }

    /// <summary>Reads the tags.</summary>
    /// <exception cref="ImageException">The tags contradict each other, or say what is not read.</exception>
    public static TiffSamples Read(TiffDirectory directory)
    {
        if (directory.Has(TiffTag.WindowsMediaPhoto))
            throw Unsupported("is a Windows Media Photo");
        long compression = directory.Number(TiffTag.Compression, TiffCompression.None);
        TiffCompression.Check(compression);
        long[] bits = directory.Numbers(TiffTag.BitsPerSample, 1);
        long[] extra = directory.Numbers(TiffTag.ExtraSamples);
        long[] formats = directory.Numbers(TiffTag.SampleFormat, 1);
        long count = directory.Number(TiffTag.SamplesPerPixel, 1);
        bool separate = directory.Number(TiffTag.Planes, 1) == 2;
        if (count is < 1 or > MaxSamples || (count > bits.Length && bits.Length > 1))
            throw Unsupported($"has {count} samples a pixel and {bits.Length} numbers of bits");
        if (bits.Take((int)count).Distinct().Count() > 1 || formats.Distinct().Count() > 1)
            throw Unsupported(
                $"mixes samples of {string.Join(", ", bits.Take((int)count))} bits and formats "
                + string.Join(", ", formats.Take(MaxSamples)));
        long stored = count;
        if (separate && extra.Length > 0 && extra.Length < count && extra.Max() == 0)
            (count, extra) = (count - extra.Length, []);
        return new()
        {
            Photometric = directory.Number(TiffTag.Photometric, 0),
            Compression = (int)compression,
            Count = (int)count,
            Stored = (int)stored,
            Bits = (int)Math.Clamp(bits[0], 0, int.MaxValue),
            Format = formats[0],
            Extra = extra,
            FillOrder = directory.Number(TiffTag.FillOrder, 1),
            InPlanes = separate,
            BigEndian = directory.BigEndian,
        };
    }

    /// <summary>Creates a refusal of a kind that is not read.</summary>
    public static ImageException Unsupported(string what) => ImageRefusal.Unsupported(
        ImageFormat.Tiff, what, "save it as an RGB image with 8 bits a sample, uncompressed, LZW or deflate, or as PNG");

    /// <summary>Says what the samples are, for refusals.</summary>
    public override string ToString() =>
        $"has {Count} samples a pixel of {Bits} bits, sample format {Format}, photometric interpretation {Photometric}{PhotometricName}"
        + (Extra.Length > 0 ? $", extra samples {string.Join(", ", Extra.Take(MaxSamples))}" : "")
        + (FillOrder == 1 ? "" : $", fill order {FillOrder}")
        + (BigEndian ? ", highest byte first" : "");

    private string PhotometricName => Photometric switch
    {
        4 => " (transparency mask)",
        8 => " (CIELAB)",
        9 => " (ICCLAB)",
        10 => " (ITULAB)",
        32803 => " (colour filter array)",
        32844 or 32845 => " (LogLuv)",
        34892 => " (linear raw)",
        _ => "",
    };
}
