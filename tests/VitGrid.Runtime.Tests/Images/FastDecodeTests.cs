using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Faster, nearly the same pixels, and only where it was asked for.</summary>
public sealed class FastDecodeTests
{
    public static TheoryData<string> Shrinkable => ["images/large.jpg", "images/photo-420.jpg", "images/photo-444.jpg", "images/progressive.jpg", "images/grey.jpg", "images/lossy.webp"];

    public static TheoryData<string> Small => [.. GoldenPictures.Expected.Keys.Where(name => name != "images/large.jpg")];

    [Theory]
    [InlineData(3000, 2000, 448, 2)]
    [InlineData(1791, 5000, 448, 1)]
    [InlineData(1792, 5000, 448, 2)]
    [InlineData(8000, 7168, 448, 8)]
    [InlineData(100_000, 100_000, 448, 8)]
    public void At_least_twice_the_wanted_size_is_left(int width, int height, int side, int factor)
    {
        PreprocessProfile fast = GoldenPictures.Crop with { Size = InputSize.Square(side), FastDecode = true };
        Assert.Equal(factor, ShrinkFactor.For(width, height, fast));
        Assert.Equal(1, ShrinkFactor.For(width, height, fast with { FastDecode = false }));
    }

    [Theory, MemberData(nameof(Shrinkable))]
    public void Pixels_differ_a_little_where_a_picture_is_large_for_its_model(string name)
    {
        foreach (PreprocessProfile exact in (PreprocessProfile[])[GoldenPictures.Crop, GoldenPictures.Squash])
        {
            PreprocessProfile small = exact with { Size = InputSize.Square(name == "images/large.jpg" ? 448 : 48) };
            (int largest, double mean) = Difference(name, small);
            Assert.InRange(largest, 1, 8);
            Assert.InRange(mean, 0.001, 0.5);
        }
    }

    [Theory, MemberData(nameof(Small))]
    public void A_picture_that_is_not_large_for_its_model_is_the_same_to_the_last_bit(string name) =>
        Assert.Equal((0, 0), Difference(name, GoldenPictures.Crop));

    [Fact]
    public void A_picture_that_is_turned_is_decoded_exactly() =>
        Assert.Equal((0, 0), Difference("images/exif-6.jpg", GoldenPictures.Crop with { Size = InputSize.Square(48), Exif = ExifOrientation.Apply }));

    [Fact]
    public void A_file_that_is_cut_off_is_refused_as_ever() =>
        Assert.Throws<ImageException>(() => GoldenPictures.Process(GoldenPictures.File("images/large.jpg")[..200_000], GoldenPictures.Crop with { FastDecode = true }));

    private static (int Largest, double Mean) Difference(string name, PreprocessProfile exact)
    {
        byte[] file = GoldenPictures.File(name);
        byte[] expected = GoldenPictures.Process(file, exact), fast = GoldenPictures.Process(file, exact with { FastDecode = true });
        int[] differences = [.. expected.Zip(fast, (one, other) => Math.Abs(one - other))];
        return (differences.Max(), differences.Average());
    }
}
