using FsCheck.Xunit;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

public sealed class GifReaderTests
{
    private static readonly byte[] Red = [200, 10, 20];
    private static readonly byte[] Blue = [10, 20, 200];

    [Property(MaxTest = 200)]
    public void The_screen_around_the_frame_has_the_transparent_colour_or_colour_0(byte left, byte top, byte more, bool transparent)
    {
        (int x, int y) = (left % 5, top % 5);
        (int width, int height) = (x + 1 + (more % 4), y + 1 + (more / 4 % 4));
        byte[] pixels = Read(Gif(width, height, x, y, transparent ? Control(1, 1) : []), out _);
        byte[] ground = transparent ? Blue : Red;
        for (int pixel = 0; pixel < width * height; pixel++)
            Assert.Equal(pixel == (y * width) + x ? Blue : ground, pixels[(pixel * 3)..((pixel * 3) + 3)]);
    }

    [Fact]
    public void A_frame_that_passes_the_screen_widens_it()
    {
        Read(Gif(2, 2, 3, 5, []), out (int, int) size);
        Assert.Equal((4, 6), size);
    }

    [Fact]
    public void Of_two_graphic_controls_the_last_that_names_a_colour_counts()
    {
        Assert.Equal(Blue, Read(Gif(2, 1, 1, 0, [.. Control(1, 1), .. Control(0, 0)]), out _)[..3]);
        Assert.Equal(Red, Read(Gif(2, 1, 1, 0, [.. Control(1, 1), .. Control(1, 0)]), out _)[..3]);
    }

    [Theory, InlineData(new byte[] { 0, 0, 0 }), InlineData(new byte[] { 7, 1 })]
    public void Bytes_between_blocks_that_begin_none_are_passed_over(byte[] stray) =>
        Assert.Equal(Blue, Read(Gif(1, 1, 0, 0, stray), out _));

    [Fact]
    public void A_screen_beyond_the_limit_is_refused_however_small_its_frame()
    {
        ImageException refusal = Assert.Throws<ImageException>(() => Read(Gif(65_535, 65_535, 0, 0, []), out _));
        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
    }

    [Fact]
    public void Without_a_palette_an_index_is_its_own_grey()
    {
        byte[] file = Gif(2, 1, 1, 0, []);
        byte[] bare = [.. file[..10], 0, .. file[11..13], .. file[19..]];
        Assert.Equal([0, 0, 0, 1, 1, 1], Read(bare, out _));
    }

    [Fact]
    public void Codes_that_end_before_the_last_pixel_are_refused()
    {
        byte[] file = Gif(1, 1, 0, 0, []);
        int width = file.AsSpan().LastIndexOf((byte)0x2c) + 5;
        file[width] = 2;
        Assert.Equal(ImageFault.DecodeFailed, Assert.Throws<ImageException>(() => Read(file, out _)).Fault);
    }

    private static byte[] Control(byte flags, byte colour) => [0x21, 0xf9, 4, flags, 0, 0, colour, 0];

    /// <summary>A screen with the palette red, blue and a frame of one blue pixel.</summary>
    private static byte[] Gif(int width, int height, int x, int y, byte[] between) =>
    [
        .. "GIF89a"u8, (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), 0x80, 0, 0, .. Red, .. Blue, .. between,
        0x2c, (byte)x, 0, (byte)y, 0, 1, 0, 1, 0, 0,
        // Two bits an index: clear (4), 1, end (5), three bits each, lowest first.
        2, 2, 0b01_001_100, 0b1, 0, 0x3b,
    ];

    private static byte[] Read(byte[] file, out (int Width, int Height) size)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
        size = (raster.Width, raster.Height);
        return raster.Pixels.ToArray();
    }
}
