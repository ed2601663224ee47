using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

public sealed class ResizePlanTests
{
    private static readonly PreprocessProfile Timm = GoldenImages.Crop with { Mode = ResizeMode.Timm };

    [Theory, InlineData(640, 480, 597, 448, 74, 0), InlineData(480, 640, 448, 597, 0, 74), InlineData(
        20_000, 1, 8_960_000, 448, 4_479_776, 0)]
    public void Crop_resizes_the_short_side_and_floors_the_margins(
        int width, int height, long resizedWidth, long resizedHeight, long left, long top) =>
        Assert.Equal(new ResizePlan(resizedWidth, resizedHeight, left, top, InputSize.Square(448)), ResizePlan.For(
            width, height, GoldenImages.Crop));

    [Theory, InlineData(597, 448, 74), InlineData(599, 448, 76), InlineData(601, 448, 76), InlineData(603, 448, 78)]
    public void Timm_rounds_half_a_pixel_of_margin_to_even(int width, int height, long left) =>
        Assert.Equal(left, ResizePlan.For(width, height, Timm).Left);

    [Fact]
    public void Timm_divides_the_size_by_the_crop_fraction() =>
        Assert.Equal(new ResizePlan(682, 512, 117, 32, InputSize.Square(448)), ResizePlan.For(
            640, 480, Timm with { CropFraction = 0.875 }));

    [Fact]
    public void Squash_ignores_the_aspect_ratio()
    {
        InputSize size = new(42, 70);
        Assert.Equal(new ResizePlan(70, 42, 0, 0, size), ResizePlan.For(640, 480, GoldenImages.Squash with { Size = size }));
    }

    [Fact]
    public void A_margin_is_cut_from_a_squashed_image_too() => Assert.Equal(
        new ResizePlan(36, 36, 2, 2, InputSize.Square(32)),
        ResizePlan.For(640, 480, GoldenImages.Squash with { Size = InputSize.Square(32), Edge = 36 }));

    [Theory, InlineData(CropRounding.Down, 35, 1), InlineData(CropRounding.HalfToEven, 35, 2), InlineData(CropRounding.Down, 37, 2)]
    [InlineData(CropRounding.HalfToEven, 37, 2), InlineData(CropRounding.Down, 33, 0), InlineData(CropRounding.HalfToEven, 33, 0)]
    public void Transformers_rounds_a_margin_down_and_the_others_half_to_even(CropRounding rounding, int edge, long margin)
    {
        PreprocessProfile profile = GoldenImages.Squash with { Size = InputSize.Square(32), Edge = edge, Rounding = rounding };
        Assert.Equal(margin, ResizePlan.For(100, 100, profile).Left);
        Assert.Equal(margin, ResizePlan.For(100, 100, profile with { Mode = ResizeMode.Crop }).Top);
    }

    // The larger half of an odd border lies in front with transformers and Pillow alone.
    [Theory, InlineData(CropRounding.Down, ResizeLibrary.Pillow, -2), InlineData(CropRounding.Down, ResizeLibrary.Torchvision, -1)]
    [InlineData(CropRounding.HalfToEven, ResizeLibrary.Pillow, -1)]
    public void A_crop_larger_than_the_resized_image_has_a_border(CropRounding rounding, ResizeLibrary library, long left) => Assert.Equal(
        new ResizePlan(29, 29, left, left, InputSize.Square(32)),
        ResizePlan.For(100, 100, GoldenImages.Crop with
        {
            Size = InputSize.Square(32), Edge = 29, Rounding = rounding, Library = library,
        }));

    // 50 x 1000 to 35: round(1.75); 1 x 1000: round(0.035), which the reference cannot resize to.
    [Theory, InlineData(150, 50, 35, 35, 12, 2, -10), InlineData(50, 1_000, 35, 2, 35, -15, 2), InlineData(1, 1_000, 35, 1, 35, -15, 2)]
    [InlineData(48, 48, 32, 32, 32, 0, 0)]
    public void A_border_lies_around_the_whole_image(
        int width, int height, int edge, long resizedWidth, long resizedHeight, long left, long top) => Assert.Equal(
        new ResizePlan(resizedWidth, resizedHeight, left, top, InputSize.Square(32)),
        ResizePlan.For(width, height, GoldenImages.Crop with { Mode = ResizeMode.Border, Size = InputSize.Square(32), Edge = edge }));

    [Fact]
    public void Tiles_are_windows_of_one_resized_whole_and_the_thumbnail_is_last()
    {
        PreprocessProfile profile = GoldenImages.Squash with { Size = InputSize.Square(32) };
        Assert.Equal(
            [
                new(64, 64, 0, 0, profile.Size), new(64, 64, 32, 0, profile.Size), new(64, 64, 0, 32, profile.Size),
                new(64, 64, 32, 32, profile.Size), new ResizePlan(32, 32, 0, 0, profile.Size),
            ],
            ResizePlan.ForTiles(new(2, 2, true), profile));
        Assert.Equal([new ResizePlan(32, 32, 0, 0, profile.Size)], ResizePlan.ForTiles(new(1, 1, true), profile));
    }

    [Theory, MemberData(nameof(GoldenImages.Names), MemberType = typeof(GoldenImages))]
    public void Crop_plans_equal_the_reference(string name)
    {
        var expected = GoldenImages.Expected[name];
        var crop = expected.GetProperty("crop448");
        ResizePlan plan = ResizePlan.For(
            expected.GetProperty("width").GetInt32(), expected.GetProperty("height").GetInt32(), GoldenImages.Crop);
        Assert.Equal(
            (Number("resized_width"), Number("resized_height"), Number("left"), Number("top")),
            (plan.Width, plan.Height, plan.Left, plan.Top));

        long Number(string property) => crop.GetProperty(property).GetInt64();
    }
}
