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
}
