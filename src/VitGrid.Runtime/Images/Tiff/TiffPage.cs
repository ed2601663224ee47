namespace VitGrid.Runtime.Images.Tiff;

/// <summary>What a TIFF's first directory says, settled and checked before a pixel is decoded.</summary>
internal readonly ref struct TiffPage
{
    private TiffPage(TiffDirectory directory, TiffSamples samples, TiffColour colour, TiffLayout layout)
    {
        Directory = directory;
        Samples = samples;
        Colour = colour;
        Layout = layout;
    }

    /// <summary>Its tags.</summary>
    public TiffDirectory Directory { get; }

    /// <summary>What the samples are.</summary>
    public TiffSamples Samples { get; }

    /// <summary>How they become colours.</summary>
    public TiffColour Colour { get; }

    /// <summary>Where they lie.</summary>
    public TiffLayout Layout { get; }

    /// <summary>Reads and checks the page.</summary>
    /// <exception cref="ImageException">Damaged, too large or of a kind that is not read.</exception>
    public static TiffPage Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        TiffDirectory directory = TiffDirectory.Read(file);
        TiffSamples samples = TiffSamples.Read(directory);
        directory.Check(compressed: samples.Compression != TiffCompression.None);
        long[] subsampling = directory.Numbers(TiffTag.Subsampling, 2, 2);
        TiffColour colour = TiffColours.From(samples, subsampled: subsampling is not [1, 1]);
        return new(directory, samples, colour, TiffLayout.Read(directory, samples, limits));
    }
}
