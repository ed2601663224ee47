using FsCheck.Xunit;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

public sealed class ResamplerTests
{
    [Property(MaxTest = 300)]
    public void The_resampler_equals_the_plain_reference_at_any_size(
        byte width, byte height, byte resultWidth, byte resultHeight, bool pillow13, int seed) =>
        AssertEqual(width + 1, height + 1, resultWidth + 1, resultHeight + 1, OrderOf(pillow13), seed);

    [Property(MaxTest = 300)]
    public void A_window_equals_the_crop_of_the_whole(
        byte width, byte height, byte resultWidth, byte resultHeight, (byte Left, byte Top, byte Width, byte Height) window, bool pillow13)
    {
        byte[] pixels = RandomPixels((width + 1) * (height + 1), width);
        (int wide, int high) = (resultWidth + 1, resultHeight + 1);
        (int left, int top) = (window.Left % wide, window.Top % high);
        InputSize size = new((window.Height % (high - top)) + 1, (window.Width % (wide - left)) + 1);
        byte[] whole = ReferenceResampler.Resize(pixels, width + 1, height + 1, wide, high, OrderOf(pillow13));
        byte[] expected = ReferenceResampler.Crop(whole, wide, left, top, size.Width, size.Height);
        Assert.Equal(expected, Resize(pixels, width + 1, height + 1, new ResizePlan(wide, high, left, top, size), OrderOf(pillow13)));
    }

    // Wide: the table of weights is made in strips. Tall: rows arrive in portions, and Pillow 13 turns the passes round.
    [Theory]
    [InlineData(1, 1, 448, 448), InlineData(1, 3_000, 448, 448), InlineData(3_000, 1, 448, 448), InlineData(7, 4_000, 448, 448)]
    [InlineData(1_500_000, 1, 448, 3), InlineData(1, 100_000, 3, 448), InlineData(448, 1_000, 448, 448), InlineData(1_000, 448, 448, 448)]
    [InlineData(448, 448, 448, 448), InlineData(449, 447, 448, 448), InlineData(500, 1_500, 64, 64)]
    public void Extreme_shapes_equal_the_plain_reference(int width, int height, int resultWidth, int resultHeight)
    {
        AssertEqual(width, height, resultWidth, resultHeight, PassOrder.Horizontal, 5);
        AssertEqual(width, height, resultWidth, resultHeight, PassOrder.Pillow13, 6);
    }

    [Theory, InlineData(20_000, 1), InlineData(1, 20_000), InlineData(3_000_000, 1), InlineData(1, 100_000)]
    public void An_extreme_shape_takes_memory_of_the_order_of_the_image(int width, int height)
    {
        byte[] pixels = RandomPixels(width * height, 1);
        byte[] result = new byte[448 * 448 * 3];
        foreach (PreprocessProfile profile in (PreprocessProfile[])[GoldenImages.Crop, GoldenImages.Squash])
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            ResizePlan plan = ResizePlan.For(width, height, profile);
            Resampler.Resize(new PixelView(pixels, width * 3, 0, 0, width, height), plan, profile.PassOrder, result);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40_000_000);
        }
    }

    [Fact]
    public void A_constant_image_stays_constant_at_any_size()
    {
        byte[] pixels = new byte[37 * 23 * 3];
        Array.Fill(pixels, (byte)201);
        byte[] result = Resize(Padded(pixels), 37, 23, new ResizePlan(64, 11, 0, 0, new InputSize(11, 64)), PassOrder.Horizontal);
        Assert.Equal(-1, result.AsSpan().IndexOfAnyExcept((byte)201));
    }

    private static PassOrder OrderOf(bool pillow13) => pillow13 ? PassOrder.Pillow13 : PassOrder.Horizontal;

    private static void AssertEqual(int width, int height, int resultWidth, int resultHeight, PassOrder order, int seed)
    {
        byte[] pixels = RandomPixels(width * height, seed);
        byte[] expected = ReferenceResampler.Resize(pixels, width, height, resultWidth, resultHeight, order);
        byte[] actual = Resize(pixels, width, height, new ResizePlan(
            resultWidth, resultHeight, 0, 0, new InputSize(resultHeight, resultWidth)), order);
        Assert.Equal(expected[..actual.Length], actual);
    }

    private static byte[] Resize(byte[] pixels, int width, int height, ResizePlan plan, PassOrder order)
    {
        byte[] result = new byte[plan.Window.PixelBytes];
        Resampler.Resize(new PixelView(pixels, width * 3, 0, 0, width, height), plan, order, result);
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
