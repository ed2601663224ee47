using NetVips;
using VitGrid.LoadTest.Images;

namespace VitGrid.LoadTest.Tests.Images;

/// <summary>Drawn images, as a real decoder sees them.</summary>
public sealed class DrawnImageTests
{
    public static TheoryData<string> Kinds =>
        ["jpeg:640x480", "jpeg:33x17", "jpeg:1x1", "png:100x75", "png:1x1", "webp:100x75", "webp:1x1"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_drawn_image_has_its_size_and_its_pixels(string text)
    {
        ImageKind kind = Assert.Single(ImageKind.ParseMix(text));
        using Image image = Image.NewFromBuffer(ImageSet.Draw([kind], seed: 5).Images[0].File);
        byte[] pixels = image.WriteToMemory<byte>();

        Assert.Equal((kind.Width, kind.Height), (image.Width, image.Height));
        double error = MeanError(Canvas.Draw(5, kind.Width, kind.Height).Rgb, pixels);
        Assert.True(error <= (kind.Format == ImageFormat.Jpeg ? 6 : 0), $"mean error {error}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stamps_change_the_file_and_not_the_pixels(string text)
    {
        StampedImage image = ImageSet.Draw(ImageKind.ParseMix(text), seed: 5).Images[0];
        (byte[] one, byte[] other) = (image.Stamped(1), image.Stamped(long.MaxValue));

        Assert.NotEqual(one, other);
        Assert.Equal(Pixels(image.File), Pixels(one));
        Assert.Equal(Pixels(one), Pixels(other));
        Assert.Equal(0, image.Offset % 3);
    }

    [Fact]
    public void A_2_megapixel_jpeg_weighs_about_as_much_as_a_photograph()
    {
        byte[] file = JpegWriter.Write(Canvas.Draw(1, 1920, 1080));
        Assert.InRange(file.Length, 250_000, 1_200_000);
    }

    [Fact]
    public void Equal_seeds_draw_equal_files_and_other_seeds_others()
    {
        IReadOnlyList<ImageKind> mix = ImageKind.ParseMix("jpeg:64x64,png:32x32");
        Assert.Equal(ImageSet.Draw(mix, 3).Images.Select(image => image.File), ImageSet.Draw(mix, 3).Images.Select(image => image.File));
        Assert.NotEqual(ImageSet.Draw(mix, 3).Images[0].File, ImageSet.Draw(mix, 4).Images[0].File);
    }

    private static byte[] Pixels(byte[] file)
    {
        using Image image = Image.NewFromBuffer(file);
        return image.WriteToMemory<byte>();
    }

    private static double MeanError(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        return expected.Zip(actual).Average(pair => Math.Abs(pair.First - pair.Second));
    }
}
