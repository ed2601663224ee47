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
