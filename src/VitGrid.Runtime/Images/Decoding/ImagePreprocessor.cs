using System.Runtime.InteropServices;
using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images.Decoding;

/// <summary>Turns an encoded image into the uint8 RGB pixels a segment takes. Stateless; any number of threads may call it.</summary>
public sealed class ImagePreprocessor(ImageLimits limits) : IImageDecoder
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
    /// <see cref="VitGrid.Model.Segments.InputSize.PixelBytes"/> bytes; with tiles that many times <see cref="DecodeCost.Inputs"/>, tile
    /// after tile, row by row, the thumbnail last.
    /// </summary>
    /// <exception cref="ImageException">The image is refused; <paramref name="pixels"/> are untouched.</exception>
    /// <exception cref="ArgumentException">The profile contradicts itself, or <paramref name="pixels"/> has another length.</exception>
    public void Process(ReadOnlySpan<byte> file, PreprocessProfile profile, Span<byte> pixels)
    {
        ArgumentNullException.ThrowIfNull(profile);
        profile.Validate();
        int inputs = profile.Tiling is null ? 1 : Measure(file, profile).Inputs;
        int bytes = profile.Size.PixelBytes;
        if (pixels.Length != (long)inputs * bytes)
            throw new ArgumentException(
                $"room for {pixels.Length} bytes given; {(long)inputs * bytes} are needed for {(inputs > 1 ? $"{inputs} times " : "")}"
                + $"{profile.Size} RGB pixels",
                nameof(pixels));
        using Raster image = ImageDecoder.Decode(file, profile, limits);
        ResizePlan[] plans = Plans(image, profile, inputs);
        CheckCost(image, plans, profile);
        foreach ((int index, ResizePlan plan) in plans.Index())
            Resize(image.View, plan, profile, pixels.Slice(index * bytes, bytes));
    }

    /// <inheritdoc/>
    /// <remarks>An image that was begun is decoded to its end: nothing can end it within this process.</remarks>
    public void Decode(DecodeOrder order, Span<byte> pixels, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        cancellationToken.ThrowIfCancellationRequested();
        Process(order.File.Span, order.Profile, pixels);
    }

    private static ResizePlan[] Plans(Raster image, PreprocessProfile profile, int inputs)
    {
        (int width, int height) = image.Whole;
        if (profile.Tiling is not { } tiling)
            return [ResizePlan.For(width, height, profile)];
        TileGrid grid = tiling.GridFor(width, height, profile.Size.Width);
        return grid.Inputs == inputs
            ? [.. ResizePlan.ForTiles(grid, profile)]
            : throw new ImageException(
                ImageFault.DecodeFailed,
                $"image of {width}x{height} pixels has another size or orientation than its header says; nothing of it is used: save it "
                + "anew");
    }

    private static void Resize(PixelView image, ResizePlan plan, PreprocessProfile profile, Span<byte> pixels)
    {
        if (profile.Size.Samples == PixelType.Single)
            FloatResampler.Resize(image, plan, profile.Interpolation, profile.Fill, MemoryMarshal.Cast<byte, float>(pixels));
        else
            Resampler.Resize(image, plan, profile.Style, profile.Fill, pixels);
    }

    // A sliver a pixel wide is widened row by row before it is shrunk: a small file could otherwise cost minutes.
    private void CheckCost(Raster image, ResizePlan[] plans, PreprocessProfile profile)
    {
        long between = plans.Sum(plan => Resampler.PixelsBetween(image.Width, image.Height, plan, profile.PassOrder));
        if (between > limits.MaxPixels)
            throw new ImageException(ImageFault.TooLarge,
                $"image of {image.Width}x{image.Height} pixels needs {between} pixels between the passes of profile "
                + $"{profile.Name}, more than the limit of {limits.MaxPixels}: use the profile crop or send it in parts");
    }
}
