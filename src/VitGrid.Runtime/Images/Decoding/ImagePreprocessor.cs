namespace VitGrid.Runtime.Images.Decoding;

/// <summary>Turns an encoded image into the uint8 RGB pixels a segment takes. Stateless; any number of threads may call it.</summary>
public sealed class ImagePreprocessor(ImageLimits limits)
{
    /// <summary>Whether <paramref name="file"/> begins as a file of a format that is read; names and content types are not asked.</summary>
    public static bool Recognises(ReadOnlySpan<byte> file) => ImageSignature.Find(file) is not null;

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
