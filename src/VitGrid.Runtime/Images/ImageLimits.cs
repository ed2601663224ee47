using System.Globalization;

namespace VitGrid.Runtime.Images;

/// <summary>What an image may cost before it is refused.</summary>
public sealed record ImageLimits
{
    private const int WorkPerPixel = 32;

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>Largest file, in bytes. Default 20,000,000 (20 MB); range 1 KB–2 GB.</summary>
    public long MaxFileBytes { get; init; } = 20_000_000;

    /// <summary>
    /// Largest width × height, in pixels, read from the header before any pixel is decoded; also bounds what lies between the two passes
    /// of a resize. Default 50,000,000; range 1–2³¹.
    /// </summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>Most memory that decoding one image may take, in bytes, estimated from the header. Default 1 GiB.</summary>
    public long MaxDecodeBytes { get; init; } = 1L << 30;

    /// <summary>Longest that decoding one image may take, where it can be ended. Default 20 s.</summary>
    public TimeSpan MaxDecodeTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Most samples that decoding one image may visit, counted again for each scan of a progressive JPEG: 32 a pixel of
    /// <see cref="MaxPixels"/>. The largest image that is read has about 24 a pixel (four components, twelve scans of them all).
    /// </summary>
    public long MaxWork => WorkPerPixel * MaxPixels;

    /// <summary>Holds a header's claim against <see cref="MaxPixels"/>, before a pixel is decoded.</summary>
    /// <exception cref="ImageException">The image is too large.</exception>
    internal void Check(long width, long height)
    {
        if (height != 0 && width > MaxPixels / height)
            throw new ImageException(
                ImageFault.TooLarge,
                $"image of {width}x{height} pixels is larger than the limit of {MaxPixels} pixels: send a smaller image");
    }

    /// <summary>Holds what an image would take against the limits.</summary>
    /// <exception cref="ImageException">It would take too much memory or too much work.</exception>
    internal void Check(DecodeDemand demand, DecodeCost cost)
    {
        if (cost.Work > MaxWork)
            throw new ImageException(ImageFault.TooLarge, string.Create(
                Invariant,
                $"{demand} has {cost.Work:N0} samples to visit; the limit is {MaxWork:N0} ({WorkPerPixel} a pixel of Images:MaxPixels): "
                + $"save it with fewer scans, or send a smaller image"));
        if (cost.Bytes > MaxDecodeBytes)
            throw new ImageException(ImageFault.TooLarge, string.Create(
                Invariant,
                $"{demand} takes {cost.Bytes:N0} bytes of memory to decode; the limit for one image is {MaxDecodeBytes:N0} (three "
                + $"quarters of Images:MaxDecodeBytes): send a smaller image, save it in one scan, or raise the setting"));
    }
}
