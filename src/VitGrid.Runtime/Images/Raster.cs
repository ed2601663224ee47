using System.Buffers;

namespace VitGrid.Runtime.Images;

/// <summary>A decoded image: RGB bytes, row by row without gaps, in an array of the pool.</summary>
internal sealed class Raster : IDisposable
{
    /// <summary>Bytes of one pixel: red, green, blue.</summary>
    public const int PixelBytes = 3;

    /// <summary>Bytes behind the last pixel that may be read, so that vector loads need no special case at the end.</summary>
    public const int Slack = 16;

    private byte[]? _bytes;

    private Raster(int width, int height, byte[] bytes) => (Width, Height, Whole, _bytes) = (width, height, (width, height), bytes);

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width and height of the image in its file, which a fast decoder shrinks.</summary>
    public (int Width, int Height) Whole { get; set; }

    /// <summary>The pixels, <see cref="Height"/> × <see cref="Width"/> × 3 bytes.</summary>
    public Span<byte> Pixels => Bytes.AsSpan(0, Width * Height * PixelBytes);

    /// <summary>One row's pixels.</summary>
    public Span<byte> Row(int row) => Bytes.AsSpan(row * Width * PixelBytes, Width * PixelBytes);

    /// <summary>The whole array: pixels, scratch room and slack.</summary>
    public byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(Raster));

    /// <summary>The whole image as the resampler sees it.</summary>
    public PixelView View => new(Bytes, Width * PixelBytes, 0, 0, Width, Height);

    /// <summary>Rents room for an image whose decoder first needs <paramref name="scratchBytes"/> a pixel.</summary>
    /// <exception cref="ImageException">The image passes what one array holds.</exception>
    public static Raster Rent(int width, int height, int scratchBytes = PixelBytes)
    {
        long bytes = ((long)width * height * scratchBytes) + Slack;
        if (bytes > Array.MaxLength)
            throw new ImageException(ImageFault.TooLarge,
                $"image of {width}x{height} pixels needs {bytes} bytes in memory; at most {Array.MaxLength} can be held: "
                + "send a smaller image");
        return new(width, height, ArrayPool<byte>.Shared.Rent((int)bytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
