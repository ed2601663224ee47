using FsCheck.Xunit;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

public sealed class ResamplerTests
{
    private static readonly ResampleStyle[] Styles =
    [
        new(), new(Order: PassOrder.Pillow13), new(Interpolation.Bilinear), new(Interpolation.Bilinear, PassOrder.Pillow13),
        new(Library: ResizeLibrary.Torchvision), new(Interpolation.Bilinear, Library: ResizeLibrary.Torchvision),
    ];

    [Property(MaxTest = 300)]
    public void The_resampler_equals_the_plain_reference_at_any_size(
        byte width, byte height, byte resultWidth, byte resultHeight, byte style, int seed) =>
        AssertEqual(width + 1, height + 1, resultWidth + 1, resultHeight + 1, Styles[style % Styles.Length], seed);

    [Property(MaxTest = 300)]
    public void A_window_equals_the_crop_of_the_whole(
        byte width, byte height, byte resultWidth, byte resultHeight, (byte Left, byte Top, byte Width, byte Height) window, byte number)
    {
        ResampleStyle style = Styles[number % Styles.Length];
        byte[] pixels = RandomPixels((width + 1) * (height + 1), width);
        (int wide, int high) = (resultWidth + 1, resultHeight + 1);
        (int left, int top) = (window.Left % wide, window.Top % high);
        InputSize size = new((window.Height % (high - top)) + 1, (window.Width % (wide - left)) + 1);
        byte[] whole = ReferenceResampler.Resize(pixels, width + 1, height + 1, wide, high, style);
        byte[] expected = ReferenceResampler.Crop(whole, wide, left, top, size.Width, size.Height);
        Assert.Equal(expected, Resize(pixels, width + 1, height + 1, new ResizePlan(wide, high, left, top, size), style));
    }

    // Wide: the table of weights is made in strips. Tall: rows arrive in portions, and Pillow 13 turns the passes round.
    [Theory]
    [InlineData(1, 1, 448, 448), InlineData(1, 3_000, 448, 448), InlineData(3_000, 1, 448, 448), InlineData(7, 4_000, 448, 448)]
    [InlineData(1_500_000, 1, 448, 3), InlineData(1, 100_000, 3, 448), InlineData(448, 1_000, 448, 448), InlineData(1_000, 448, 448, 448)]
    [InlineData(448, 448, 448, 448), InlineData(449, 447, 448, 448), InlineData(500, 1_500, 64, 64)]
    public void Extreme_shapes_equal_the_plain_reference(int width, int height, int resultWidth, int resultHeight)
    {
        foreach ((int seed, ResampleStyle style) in Styles.Index())
            AssertEqual(width, height, resultWidth, resultHeight, style, seed);
    }

    [Theory, InlineData(20_000, 1), InlineData(1, 20_000), InlineData(3_000_000, 1), InlineData(1, 100_000)]
    public void An_extreme_shape_takes_memory_of_the_order_of_the_image(int width, int height)
    {
        byte[] pixels = RandomPixels(width * height, 1);
        byte[] result = new byte[448 * 448 * 3];
        float[] singles = new float[result.Length];
        foreach (PreprocessProfile profile in (PreprocessProfile[])[
            GoldenImages.Crop, GoldenImages.Squash, GoldenImages.Crop with { Library = ResizeLibrary.Torchvision },
            GoldenImages.Squash with { Interpolation = Interpolation.Bilinear }, GoldenImages.Crop with { Mode = ResizeMode.Border }])
        {
            ResizePlan plan = ResizePlan.For(width, height, profile);
            // One after the other: whether the second finds what the first gave back to the pool depends on what ran before.
            Assert.InRange(AllocatedBy(() => Resampler.Resize(
                new PixelView(pixels, width * 3, 0, 0, width, height), plan, profile.Style, default, result)), 0, 40_000_000);
            Assert.InRange(AllocatedBy(() => FloatResampler.Resize(
                new PixelView(pixels, width * 3, 0, 0, width, height), plan, profile.Interpolation, default, singles)), 0, 40_000_000);
        }
    }

    private static long AllocatedBy(Action resize)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        resize();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Property(MaxTest = 200)]
    public void A_window_beyond_the_image_has_the_border_around_it(
        byte width, byte height, byte resultWidth, byte resultHeight, byte left, byte top, byte number)
    {
        ResampleStyle style = Styles[number % Styles.Length];
        FillColour fill = new(7, 8, 9);
        byte[] pixels = RandomPixels((width + 1) * (height + 1), width);
        (int wide, int high) = ((resultWidth / 4) + 1, (resultHeight / 4) + 1);
        (int right, int down) = (left % 16, top % 16);
        InputSize size = new(high + down + 3, wide + right + 5);
        ResizePlan plan = new(wide, high, -right, -down, size);
        byte[] inner = Resize(pixels, width + 1, height + 1, new(wide, high, 0, 0, new(high, wide)), style);
        byte[] expected = [.. Enumerable.Repeat<byte[]>([7, 8, 9], size.Height * size.Width).SelectMany(colour => colour)];
        for (int row = 0; row < high; row++)
            Array.Copy(inner, row * wide * 3, expected, (((row + down) * size.Width) + right) * 3, wide * 3);
        byte[] actual = new byte[size.PixelBytes];
        Resampler.Resize(new PixelView(pixels, (width + 1) * 3, 0, 0, width + 1, height + 1), plan, style, fill, actual);
        Assert.Equal(expected, actual);
    }

    [Property(MaxTest = 200)]
    public void In_single_precision_the_resize_is_the_exact_one_before_rounding(
        byte width, byte height, byte resultWidth, byte resultHeight, (byte Left, byte Top) corner, int seed)
    {
        byte[] pixels = RandomPixels((width + 1) * (height + 1), seed);
        (int wide, int high) = (resultWidth + 1, resultHeight + 1);
        (int left, int top) = (corner.Left % wide, corner.Top % high);
        InputSize size = new(high - top, wide - left);
        float[] result = new float[size.SampleCount];
        FloatResampler.Resize(
            new PixelView(pixels, (width + 1) * 3, 0, 0, width + 1, height + 1), new(wide, high, left, top, size), Interpolation.Bilinear,
            default, result);
        double[] expected = ReferenceResampler.Exact(pixels, width + 1, height + 1, wide, high);
        double worst = 0;
        for (int at = 0; at < result.Length; at++)
        {
            (int row, int sample) = (at / (size.Width * 3), at % (size.Width * 3));
            worst = Math.Max(worst, Math.Abs((expected[((row + top) * wide * 3) + (left * 3) + sample] / 255) - result[at]));
        }
        Assert.InRange(worst, 0, 2e-6);
    }

    [Fact]
    public void A_constant_image_stays_constant_at_any_size()
    {
        byte[] pixels = new byte[37 * 23 * 3];
        Array.Fill(pixels, (byte)201);
        byte[] result = Resize(Padded(pixels), 37, 23, new ResizePlan(64, 11, 0, 0, new InputSize(11, 64)), default);
        Assert.Equal(-1, result.AsSpan().IndexOfAnyExcept((byte)201));
    }

    private static void AssertEqual(int width, int height, int resultWidth, int resultHeight, ResampleStyle style, int seed)
    {
        byte[] pixels = RandomPixels(width * height, seed);
        byte[] expected = ReferenceResampler.Resize(pixels, width, height, resultWidth, resultHeight, style);
        byte[] actual = Resize(pixels, width, height, new ResizePlan(
            resultWidth, resultHeight, 0, 0, new InputSize(resultHeight, resultWidth)), style);
        Assert.Equal(expected[..actual.Length], actual);
    }

    private static byte[] Resize(byte[] pixels, int width, int height, ResizePlan plan, ResampleStyle style)
    {
        byte[] result = new byte[plan.Window.PixelBytes];
        Resampler.Resize(new PixelView(pixels, width * 3, 0, 0, width, height), plan, style, default, result);
        return result;
    }

    // Black and white in runs: overshoot that has to be clamped between the passes.
    private static byte[] RandomPixels(int count, int seed)
    {
        byte[] pixels = new byte[count * 3];
        new Random(seed).NextBytes(pixels);
        for (int at = 0; at < pixels.Length / 2; at++)
            pixels[at] = (byte)(pixels[at] < 128 ? 0 : 255);
        return Padded(pixels);
    }

    private static byte[] Padded(byte[] pixels) => [.. pixels, .. Enumerable.Repeat((byte)255, Raster.Slack)];
}
