using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Faster, nearly the same pixels, and only where it was asked for.</summary>
public sealed class FastDecodeTests
{
    public static TheoryData<string> Small => [.. GoldenImages.Expected.Keys.Where(name => name != "images/large.jpg")];

    [Theory]
    [InlineData(3000, 2000, 448, 2)]
    [InlineData(1791, 5000, 448, 1)]
    [InlineData(1792, 5000, 448, 2)]
    [InlineData(8000, 7168, 448, 8)]
    [InlineData(100_000, 100_000, 448, 8)]
    public void At_least_twice_the_wanted_size_is_left(int width, int height, int side, int factor)
    {
        PreprocessProfile fast = GoldenImages.Crop with { Size = InputSize.Square(side), FastDecode = true };
        Assert.Equal(factor, ShrinkFactor.For(width, height, fast));
        Assert.Equal(1, ShrinkFactor.For(width, height, fast with { FastDecode = false }));
    }

    [Theory]
    [InlineData("images/large.jpg", 448, 4, 0.2)]
    [InlineData("images/photo-420.jpg", 48, 12, 1.2)]
    [InlineData("images/progressive.jpg", 48, 12, 1.2)]
    [InlineData("images/lossy.webp", 48, 14, 1.5)]
    public void Pixels_differ_a_little_where_an_image_is_large_for_its_model(
        string name, int side, int maxOfNinetyNine, double maxInTheMean)
    {
        int[] differences = Differences(name, GoldenImages.Squash with { Size = InputSize.Square(side) });
        Assert.InRange(differences[differences.Length * 99 / 100], 1, maxOfNinetyNine);
        Assert.InRange(differences.Average(), 0.001, maxInTheMean);
    }

    /// <summary>The figures of docs/operations.md.</summary>
    [Fact]
    public void Of_six_megapixels_one_number_in_a_hundred_differs_by_more_than_3_and_none_by_more_than_41()
    {
        int[] differences = Differences("images/large.jpg", GoldenImages.Squash);
        Assert.Equal((3, 41), (differences[differences.Length * 99 / 100], differences[^1]));
    }

    [Theory, MemberData(nameof(Small))]
    public void An_image_that_is_not_large_for_its_model_is_the_same_to_the_last_bit(string name) =>
        Assert.Equal(0, Differences(name, GoldenImages.Crop)[^1]);

    [Fact]
    public void An_image_that_is_turned_is_decoded_exactly() =>
        Assert.Equal(0, Differences(
            "images/exif-6.jpg", GoldenImages.Crop with { Size = InputSize.Square(48), Exif = ExifOrientation.Apply })[^1]);

    [Fact]
    public void A_file_that_is_cut_off_is_refused_as_ever() =>
        Assert.Throws<ImageException>(
            () => GoldenImages.Process(GoldenImages.File("images/large.jpg")[..200_000], GoldenImages.Crop with { FastDecode = true }));

    /// <summary>Sorted, of all numbers of all pixels.</summary>
    private static int[] Differences(string name, PreprocessProfile exact)
    {
        byte[] file = GoldenImages.File(name);
        byte[] expected = GoldenImages.Process(file, exact), fast = GoldenImages.Process(file, exact with { FastDecode = true });
        return [.. expected.Zip(fast, (one, other) => Math.Abs(one - other)).Order()];
    }
}
