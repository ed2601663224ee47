using System.Buffers;
using VitGrid.Runtime.Images.Bmp;
using VitGrid.Runtime.Images.Gif;
using VitGrid.Runtime.Images.Jpeg;
using VitGrid.Runtime.Images.Png;
using VitGrid.Runtime.Images.Tiff;

namespace VitGrid.Runtime.Images.Decoding;

/// <summary>An encoded image becomes RGB pixels: limits first, then the decoder of its format.</summary>
internal static class ImageDecoder
{
    /// <summary>Says from the header of <paramref name="file"/> what it takes to decode it.</summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    public static DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        if (file.Length > limits.MaxFileBytes)
            throw new ImageException(ImageFault.TooLarge,
                $"image file of {file.Length} bytes is larger than the limit of {limits.MaxFileBytes} bytes: send a smaller file");
        return DecodeCosts.Measure(file, ImageSignature.Detect(file), profile, limits);
    }

    /// <summary>Decodes <paramref name="file"/>; the caller gives the pixels back to the pool.</summary>
    /// <exception cref="ImageException">The image is refused.</exception>
    public static Raster Decode(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        Measure(file, profile, limits);
        ImageFormat format = ImageSignature.Detect(file);
        return format switch
        {
            ImageFormat.Bmp => BmpReader.Read(file, profile, limits),
            ImageFormat.Gif => GifReader.Read(file, profile, limits),
            ImageFormat.Tiff => TiffReader.Read(file, profile, limits),
            ImageFormat.Jpeg => JpegReader.Read(file, profile, limits),
            ImageFormat.Png => DecodePng(file, profile, limits),
            _ => VipsDecoder.Decode(file, format, profile, limits),
        };
    }

    private static Raster DecodePng(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        ArraySegment<byte> repaired = PngCopy.Repaired(file, profile.IsOnWhite);
        if (repaired.Array is null)
            return VipsDecoder.Decode(file, ImageFormat.Png, profile, limits);
        try
        {
            return VipsDecoder.Decode(repaired, ImageFormat.Png, profile, limits);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(repaired.Array);
        }
    }
}
