using System.Buffers;

namespace VitGrid.Runtime.Images;

/// <summary>An encoded image becomes RGB pixels: limits first, then the decoder of its format.</summary>
internal static class ImageDecoder
{
    /// <summary>Decodes <paramref name="file"/>; the caller gives the pixels back to the pool.</summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    public static Raster Decode(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        if (file.Length > limits.MaxFileBytes)
            throw new ImageException(ImageFault.TooLarge,
                $"image file of {file.Length} bytes is larger than the limit of {limits.MaxFileBytes} bytes: send a smaller file");
        ImageFormat format = ImageSignature.Detect(file);
        return format switch
        {
            ImageFormat.Bmp => BmpReader.Read(file, limits),
            ImageFormat.Png => DecodeEdited(file, format, PngChunks.WithoutCompressedText(file), profile, limits),
            ImageFormat.Gif => DecodeEdited(file, format, GifTransparency.Cleared(file), profile, limits),
            _ => VipsDecoder.Decode(file, format, profile, limits),
        };
    }

    /// <summary>Holds a header's claim against the limits, before a pixel is decoded.</summary>
    /// <exception cref="ImageException">The image is too large.</exception>
    public static void CheckSize(long width, long height, ImageLimits limits)
    {
        if (height != 0 && width > limits.MaxPixels / height)
            throw new ImageException(ImageFault.TooLarge,
                $"image of {width}x{height} pixels is larger than the limit of {limits.MaxPixels} pixels: send a smaller image");
    }

    private static Raster DecodeEdited(
        ReadOnlySpan<byte> file, ImageFormat format, ArraySegment<byte> edited, PreprocessProfile profile, ImageLimits limits)
    {
        if (edited.Array is null)
            return VipsDecoder.Decode(file, format, profile, limits);
        try
        {
            return VipsDecoder.Decode(edited, format, profile, limits);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(edited.Array);
        }
    }
}
