namespace VitGrid.Runtime.Images;

/// <summary>What an image may cost before it is refused.</summary>
public sealed record ImageLimits
{
    /// <summary>Largest file, in bytes. Default 20,000,000 (20 MB); range 1 KB–2 GB.</summary>
    public long MaxFileBytes { get; init; } = 20_000_000;

    /// <summary>
    /// Largest width × height, in pixels, read from the header before any pixel is decoded; also bounds what lies between the two passes
    /// of a resize. Default 50,000,000; range 1–2³¹.
    /// </summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>Holds a header's claim against <see cref="MaxPixels"/>, before a pixel is decoded.</summary>
    /// <exception cref="ImageException">The image is too large.</exception>
    internal void Check(long width, long height)
    {
        if (height != 0 && width > MaxPixels / height)
            throw new ImageException(
                ImageFault.TooLarge,
                $"image of {width}x{height} pixels is larger than the limit of {MaxPixels} pixels: send a smaller image");
    }
}
