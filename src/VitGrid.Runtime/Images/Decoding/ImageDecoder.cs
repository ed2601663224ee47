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
            ImageFormat.Bmp => BmpReader.Read(file, limits),
            ImageFormat.Gif => GifReader.Read(file, limits),
            ImageFormat.Tiff => TiffReader.Read(file, profile.Grey16, limits),
            ImageFormat.Jpeg => JpegReader.Read(file, profile, limits),
            ImageFormat.Png => DecodePng(file, profile, limits),
            _ => VipsDecoder.Decode(file, format, profile, limits),
        };
    }

    private static Raster DecodePng(ReadOnlySpan<byte> file, PreprocessProfile profile, ImageLimits limits)
    {
        ArraySegment<byte> repaired = PngCopy.Repaired(file);
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

/// <summary>Turns an encoded image into the uint8 RGB pixels a segment takes. Stateless; any number of threads may call it.</summary>
public sealed class ImagePreprocessor(ImageLimits limits)
{
    /// <summary>Whether <paramref name="file"/> begins as a file of a format that is read; names and content types are not asked.</summary>
    public static bool Recognises(ReadOnlySpan<byte> file) => ImageSignature.Find(file) is not null;

    /// <summary>
    /// Says from the header of <paramref name="file"/> what it takes to decode it. Only managed code looks at the file, and nothing of its
    /// size is allocated.
    /// </summary>
    /// <exception cref="ImageException">The image is refused, as <see cref="Process"/> would refuse it.</exception>
    public DecodeCost Measure(ReadOnlySpan<byte> file, PreprocessProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return ImageDecoder.Measure(file, profile, limits);
    }

    /// <summary>
    /// Decodes <paramref name="file"/> and writes <c>profile.Size</c> pixels to <paramref name="pixels"/>, row-major RGB,
    /// <see cref="VitGrid.Model.Segments.InputSize.PixelBytes"/> bytes.
    /// </summary>
    /// <exception cref="ImageException">The image is refused; <paramref name="pixels"/> are untouched.</exception>
    /// <exception cref="ArgumentException">The profile contradicts itself, or <paramref name="pixels"/> has another length.</exception>
    public void Process(ReadOnlyMemory<byte> file, PreprocessProfile profile, Span<byte> pixels)
    {
        ArgumentNullException.ThrowIfNull(profile);
        profile.Validate();
        if (pixels.Length != profile.Size.PixelBytes)
            throw new ArgumentException(
                $"room for {pixels.Length} bytes given; {profile.Size.PixelBytes} are needed for {profile.Size} RGB pixels",
                nameof(pixels));
        using Raster image = ImageDecoder.Decode(file.Span, profile, limits);
        ResizePlan plan = ResizePlan.For(image.Whole.Width, image.Whole.Height, profile);
        CheckCost(image, plan, profile);
        Resampler.Resize(image.View, plan, profile.PassOrder, pixels);
    }

    // A sliver a pixel wide is widened row by row before it is shrunk: a small file could otherwise cost minutes.
    private void CheckCost(Raster image, ResizePlan plan, PreprocessProfile profile)
    {
        long between = Resampler.PixelsBetween(image.Width, image.Height, plan, profile.PassOrder);
        if (between > limits.MaxPixels)
            throw new ImageException(ImageFault.TooLarge,
                $"image of {image.Width}x{image.Height} pixels needs {between} pixels between the passes of profile "
                + $"{profile.Name}, more than the limit of {limits.MaxPixels}: use the profile crop or send it in parts");
    }
}
