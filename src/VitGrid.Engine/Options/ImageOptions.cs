using VitGrid.Runtime.Images;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>What an image may cost, and how it is read.</summary>
public sealed record ImageOptions
{
    private static readonly ImageLimits Standard = new();

    /// <summary>Largest file.</summary>
    [Setting("the largest image file; a larger one is `image_too_large`", Unit = "bytes", Min = 1_000, Max = 1_000_000_000,
        Beside = "not above `Http:MaxBodyBytes`")]
    public long MaxFileBytes { get; init; } = Standard.MaxFileBytes;

    /// <summary>Largest width × height.</summary>
    [Setting("width × height of the largest image, from its header, before a pixel is decoded", Unit = "pixels", Min = 1, Max = 1L << 31)]
    public long MaxPixels { get; init; } = Standard.MaxPixels;

    /// <summary>What becomes of an EXIF orientation where a request does not say.</summary>
    [Setting("what becomes of an EXIF orientation where a request does not say (`exif`); a cache key of its own. Ignored as in the "
        + "reference code, and then told in a hint")]
    public ExifOrientation ExifOrientation { get; init; }

    /// <summary>What becomes of 16-bit grey.</summary>
    [Setting("16-bit grey: values above 255 become white, as Pillow does; or divided by 257")]
    public Grey16 Grey16 { get; init; }

    /// <summary>
    /// Whether models that name no profile decode large JPEG and WebP files at a part of their size: faster, not exact, under a cache
    /// key of its own. A request that names a profile gets what it names.
    /// </summary>
    [Setting("models that name no profile decode large JPEG and WebP files at a part of their size: faster, not exact "
        + "([Fast decoding](#fast-decoding)), a cache key of its own")]
    public bool FastDecode { get; init; }

    /// <summary>Threads that decode.</summary>
    [Setting("threads that decode", Unit = "threads", Min = 1, Max = 1_024, Default = "one per core")]
    public int DecodeThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>What the decoder is told.</summary>
    public ImageLimits Limits => new() { MaxFileBytes = MaxFileBytes, MaxPixels = MaxPixels };
}
