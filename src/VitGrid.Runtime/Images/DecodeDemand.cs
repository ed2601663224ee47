using System.Globalization;

namespace VitGrid.Runtime.Images;

/// <summary>What a header says of the memory and the work that its pixels need.</summary>
internal sealed record DecodeDemand
{
    /// <summary>The file's format.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>Columns, as stored.</summary>
    public required long Width { get; init; }

    /// <summary>Rows, as stored.</summary>
    public required long Height { get; init; }

    /// <summary>Bands of a decoded pixel, alpha included.</summary>
    public required int Bands { get; init; }

    /// <summary>Bytes of a band.</summary>
    public int BandBytes { get; init; } = 1;

    /// <summary>Bytes that the decoder holds beside the pixels it gives: coefficients, a whole image that is interlaced, tiles.</summary>
    public long BufferBytes { get; init; }

    /// <summary>Samples that are visited.</summary>
    public required long Work { get; init; }

    /// <summary>Whether the pixels may be turned upright, into a second array.</summary>
    public bool IsTurned { get; init; }

    /// <summary>Whether it is turned by a quarter, whatever the profile says: rows become columns.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>What makes it costly, such as <c>, 883 scans</c>; empty where nothing does.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Pixels.</summary>
    public long Pixels => Width * Height;

    /// <summary>Bytes of a pixel before it is 8-bit RGB.</summary>
    public long PixelBytes => (long)Bands * BandBytes;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Format.Label()} image of {Width}x{Height} pixels with {Bands} bands{Detail}");
}
