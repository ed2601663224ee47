namespace VitGrid.Runtime.Images.Tiff;

/// <summary>The combinations of tags that the reference reads. Everything else is refused before a pixel is decoded.</summary>
internal static class TiffColours
{
    private const int Unspecified = 0;
    private const int Associated = 1;
    private const int Unassociated = 2;
    private const int CorelDraw = 999;

    /// <summary>How the samples become colours.</summary>
    /// <exception cref="ImageException">The reference does not read them, or not as what they are.</exception>
    public static TiffColour From(TiffSamples samples, bool subsampled) => InPlanes(samples, Contiguous(samples, subsampled))
        ?? throw TiffSamples.Unsupported(samples.ToString());

    private static TiffColour? Contiguous(TiffSamples samples, bool subsampled) => samples.Photometric switch
    {
        0 or 1 => Grey(samples),
        2 => Rgb(samples),
        3 => Palette(samples),
        5 => Cmyk(samples),
        6 => Ycc(samples, subsampled),
        _ => null,
    };

    private static TiffColour? InPlanes(TiffSamples samples, TiffColour? colour) => samples switch
    {
        { InPlanes: false } => colour,
        { Stored: 1, Compression: TiffCompression.None } => OnlyPlane(samples, colour),
        { Stored: 1 } => colour,
        // The reference cuts its own name of the samples into one letter a plane, which only fits 8 bits and three or four planes.
        { Compression: TiffCompression.None } =>
            samples is { Bits: 8, Count: 3 or 4 } && samples.Stored == samples.Count && colour != TiffColour.Premultiplied ? colour : null,
        // A fourth sample without a meaning counts as one that the colours were multiplied by.
        { Photometric: 2, Count: 4, Extra: [] } => colour is null ? null : TiffColour.Premultiplied,
        _ => samples is { Bits: 8 or 16, Count: 1 or 3 or 4 } ? colour : null,
    };

    // Of the name of a single plane the first letter is left, which neither inverts nor unpacks.
    private static TiffColour? OnlyPlane(TiffSamples samples, TiffColour? colour) => (samples.Bits, samples.FillOrder, colour) switch
    {
        (1 or 8, 1, TiffColour.Grey or TiffColour.InvertedGrey) => TiffColour.Grey,
        (8, 1, TiffColour.Palette) => TiffColour.Palette,
        _ => null,
    };

    private static TiffColour? Grey(TiffSamples samples)
    {
        bool inverted = samples.Photometric == 0;
        TiffColour grey = inverted ? TiffColour.InvertedGrey : TiffColour.Grey;
        if (samples is { Count: 2, Bits: 8, Format: 1, FillOrder: 1, Extra: [Unassociated] })
            return inverted ? null : TiffColour.Grey;
        if (samples is not { Count: 1, Extra: [], FillOrder: 1 or 2 })
            return null;
        bool compressed = samples.Compression != TiffCompression.None;
        return (samples.Bits, samples.Format, samples.FillOrder, samples.BigEndian) switch
        {
            (8, 1, 2, _) when inverted && !compressed => null,
            (1 or 2 or 4 or 8, 1, _, _) => grey,
            (8, 2, 1, _) when !inverted => grey,
            // The reference does not turn 16-bit and floating-point grey round.
            (16, 1, 1, false) => TiffColour.Grey,
            (16, 1, 1, true) when !inverted => grey,
            (16, 1, 2, false) when !inverted => grey,
            (16 or 32, 2, 1, _) when !inverted && !(samples.BigEndian && compressed) => grey,
            (32, 1, 1, false) when !inverted => grey,
            (32, 3, 1, _) when !(samples.BigEndian && compressed) => TiffColour.Grey,
            _ => null,
        };
    }

    private static TiffColour? Rgb(TiffSamples samples)
    {
        if (samples is { Count: 3, Bits: 8, Format: 1, Extra: [], FillOrder: 1 or 2 })
            return TiffColour.Rgb;
        if (samples is not { Format: 1, FillOrder: 1, Bits: 8 or 16 })
            return null;
        bool many = samples.Bits == 8;
        return (samples.Count, samples.Extra) switch
        {
            (3, []) => TiffColour.Rgb,
            (4, [] or [Unspecified] or [Unassociated]) => TiffColour.Rgb,
            (4, [CorelDraw]) when many => TiffColour.Rgb,
            (4, [Associated]) => TiffColour.Premultiplied,
            (5, [Unspecified or Unassociated, Unspecified]) when many => TiffColour.Rgb,
            (5, [Associated, Unspecified]) when many => TiffColour.Premultiplied,
            (6, [Unspecified or Unassociated, Unspecified, Unspecified]) when many => TiffColour.Rgb,
            (6, [Associated, Unspecified, Unspecified]) when many => TiffColour.Premultiplied,
            _ => null,
        };
    }

    private static TiffColour? Palette(TiffSamples samples) => samples switch
    {
        { Bits: < 8, FillOrder: 2, Compression: TiffCompression.None } => null,
        { Count: 1, Bits: 1 or 2 or 4 or 8, Format: 1, Extra: [], FillOrder: 1 or 2 } => TiffColour.Palette,
        { Count: 2, Bits: 8, Format: 1, Extra: [Unspecified or Unassociated], FillOrder: 1 } => TiffColour.Palette,
        _ => null,
    };

    private static TiffColour? Cmyk(TiffSamples samples) => samples switch
    {
        { Count: 4, Bits: 8 or 16, Format: 1, Extra: [], FillOrder: 1 } => TiffColour.Cmyk,
        { Count: 5, Bits: 8, Format: 1, Extra: [Unspecified], FillOrder: 1 } => TiffColour.Cmyk,
        { Count: 6, Bits: 8, Format: 1, Extra: [Unspecified, Unspecified], FillOrder: 1 } => TiffColour.Cmyk,
        _ => null,
    };

    // Without compression the reference takes three samples for four, with JPEG in planes for something else again.
    private static TiffColour? Ycc(TiffSamples samples, bool subsampled)
    {
        if (samples is { Count: 1, Bits: 8, Format: 1, Extra: [], FillOrder: 1, Compression: TiffCompression.None })
            return TiffColour.Grey;
        if (samples is not { Count: 3, Bits: 8, Format: 1, Extra: [], FillOrder: 1 } || samples.Compression == TiffCompression.None)
            return null;
        if (samples.Compression == TiffCompression.Jpeg)
            return samples.Separate ? null : TiffColour.DecodedYcc;
        return subsampled ? (samples.Separate ? null : TiffColour.DecodedYcc) : TiffColour.Ycc;
    }
}
