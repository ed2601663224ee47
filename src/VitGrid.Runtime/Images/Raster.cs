using System.Buffers;
using System.Numerics;

namespace VitGrid.Runtime.Images;

/// <summary>A decoded image: RGB bytes, row by row without gaps, in an array of the pool.</summary>
internal sealed class Raster : IDisposable
{
    /// <summary>Bytes of one pixel: red, green, blue.</summary>
    public const int PixelBytes = 3;

    /// <summary>Bytes behind the last pixel that may be read, so that vector loads need no special case at the end.</summary>
    public const int Slack = 16;

    /// <summary>From this size on an array is left to the collector: the pool would keep it, twice as large, for ever.</summary>
    private const int PooledBytes = 64 << 20;

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
        byte[] array = bytes > PooledBytes ? GC.AllocateUninitializedArray<byte>((int)bytes) : ArrayPool<byte>.Shared.Rent((int)bytes);
        return new(width, height, array);
    }

    /// <summary>Bytes that an array for so many takes: the pool gives powers of two.</summary>
    public static long BytesFor(long bytes) =>
        bytes > PooledBytes ? bytes : (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes + Slack, Slack));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { Length: <= PooledBytes } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}

/// <summary>A rectangle of RGB pixels in coordinates of the whole image.</summary>
/// <param name="bytes">Begins with the rectangle's first pixel; <see cref="Raster.Slack"/> bytes behind its last one are readable.</param>
/// <param name="stride">Bytes from one row to the next.</param>
/// <param name="x">First column.</param>
/// <param name="y">First row.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
internal readonly ref struct PixelView(ReadOnlySpan<byte> bytes, int stride, int x, int y, int width, int height)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Stride { get; } = stride;

    public int X { get; } = x;

    public int Y { get; } = y;

    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>A smaller rectangle, its corner in coordinates of the whole image.</summary>
    public PixelView Cut(int x, int y, int width, int height) =>
        new(Bytes[(((y - Y) * Stride) + ((x - X) * Raster.PixelBytes))..], Stride, x, y, width, height);

    /// <summary>One row's pixels.</summary>
    public ReadOnlySpan<byte> Row(int row) => Bytes.Slice(row * Stride, Width * Raster.PixelBytes);
}

/// <summary>Looks up the colours of pixels that are one byte each.</summary>
internal static class IndexedPixels
{
    /// <summary>Bytes of a palette: 256 colours of red, green and blue.</summary>
    public const int PaletteBytes = 256 * Raster.PixelBytes;

    /// <summary>The palette under which every index is its own grey.</summary>
    public static ReadOnlySpan<byte> GreyRamp => Ramp;

    private static readonly byte[] Ramp = [.. Enumerable.Range(0, PaletteBytes).Select(at => (byte)(at / Raster.PixelBytes))];

    /// <summary>Replaces the first <paramref name="count"/> bytes by as many colours of three bytes, within the same array.</summary>
    public static void ToRgb(Span<byte> bytes, int count, ReadOnlySpan<byte> palette)
    {
        palette = palette[..PaletteBytes];
        for (int pixel = count - 1; pixel >= 0; pixel--)
        {
            int colour = bytes[pixel] * Raster.PixelBytes;
            int to = pixel * Raster.PixelBytes;
            bytes[to] = palette[colour];
            bytes[to + 1] = palette[colour + 1];
            bytes[to + 2] = palette[colour + 2];
        }
    }
}

/// <summary>Ink to light as Pillow does it, without a colour profile.</summary>
internal static class CmykPixels
{
    /// <summary>
    /// Replaces <paramref name="count"/> pixels of four inks (0 = none) by as many of three colours, from the front of the same array.
    /// </summary>
    public static void ToRgb(Span<byte> bytes, int count)
    {
        for (int pixel = 0; pixel < count; pixel++)
        {
            ReadOnlySpan<byte> inks = bytes.Slice(pixel * 4, 4);
            int light = 255 - inks[3];
            byte red = Remaining(light, inks[0]);
            byte green = Remaining(light, inks[1]);
            byte blue = Remaining(light, inks[2]);
            bytes[pixel * 3] = red;
            bytes[(pixel * 3) + 1] = green;
            bytes[(pixel * 3) + 2] = blue;
        }
    }

    // light − round(ink · light / 255)
    private static byte Remaining(int light, int ink) => (byte)(light - (((ink * light * 2) + 255) / 510));
}
