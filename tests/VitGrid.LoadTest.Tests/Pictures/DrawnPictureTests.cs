using NetVips;
using VitGrid.LoadTest.Pictures;

namespace VitGrid.LoadTest.Tests.Pictures;

/// <summary>Drawn pictures, as a real decoder sees them.</summary>
public sealed class DrawnPictureTests
{
    public static TheoryData<string> Kinds => ["jpeg:640x480", "jpeg:33x17", "jpeg:1x1", "png:100x75", "png:1x1", "webp:100x75", "webp:1x1"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_drawn_picture_has_its_size_and_its_pixels(string text)
    {
        PictureKind kind = Assert.Single(PictureKind.ParseMix(text));
        using Image image = Image.NewFromBuffer(PictureSet.Draw([kind], seed: 5).Pictures[0].File);
        byte[] pixels = image.WriteToMemory<byte>();

        Assert.Equal((kind.Width, kind.Height), (image.Width, image.Height));
        double error = MeanError(Canvas.Draw(5, kind.Width, kind.Height).Rgb, pixels);
        Assert.True(error <= (kind.Format == PictureFormat.Jpeg ? 6 : 0), $"mean error {error}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stamps_change_the_file_and_not_the_pixels(string text)
    {
        StampedPicture picture = PictureSet.Draw(PictureKind.ParseMix(text), seed: 5).Pictures[0];
        (byte[] one, byte[] other) = (picture.Stamped(1), picture.Stamped(long.MaxValue));

        Assert.NotEqual(one, other);
        Assert.Equal(Pixels(picture.File), Pixels(one));
        Assert.Equal(Pixels(one), Pixels(other));
        Assert.Equal(0, picture.Offset % 3);
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
        IReadOnlyList<PictureKind> mix = PictureKind.ParseMix("jpeg:64x64,png:32x32");
        Assert.Equal(PictureSet.Draw(mix, 3).Pictures.Select(picture => picture.File), PictureSet.Draw(mix, 3).Pictures.Select(picture => picture.File));
        Assert.NotEqual(PictureSet.Draw(mix, 3).Pictures[0].File, PictureSet.Draw(mix, 4).Pictures[0].File);
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
