using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

public sealed class PreprocessProfileTests
{
    private static readonly ImagePreprocessing Checkpoint = new(
        ResizeMode.Timm, 448, 0.875, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation);

    [Theory]
    [InlineData(null, "timm", "timm-448-0.875"), InlineData("timm", "timm", "timm-448-0.875")]
    [InlineData("crop", "crop", "crop-448"), InlineData("squash", "squash", "squash-448")]
    [InlineData("crop@pillow13", "crop@pillow13", "crop@pillow13-448"), InlineData(
        "squash@pillow13", "squash@pillow13", "squash@pillow13-448")]
    public void A_name_resolves_to_a_profile_of_that_name_and_key(string? name, string expectedName, string expectedKey)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(name, Checkpoint);
        Assert.Equal((expectedName, expectedKey), (profile.Name, profile.Key));
        PassOrder order = expectedName.Contains('@', StringComparison.Ordinal) ? PassOrder.Pillow13 : PassOrder.Horizontal;
        Assert.Equal((order, ExifOrientation.Ignore, Grey16.Clamp), (profile.PassOrder, profile.Exif, profile.Grey16));
    }

    [Fact]
    public void Every_option_that_changes_pixels_changes_the_key()
    {
        PreprocessProfile profile = PreprocessProfile.Resolve("crop", Checkpoint);
        string[] keys =
        [
            profile.Key, (profile with { Exif = ExifOrientation.Apply }).Key, (profile with { Grey16 = Grey16.Scale }).Key,
            (profile with { PassOrder = PassOrder.Pillow13 }).Key, (profile with { Size = InputSize.Square(224) }).Key,
            (profile with { Mode = ResizeMode.Squash }).Key, (profile with { Mode = ResizeMode.Squash, Size = new InputSize(42, 70) }).Key,
            (profile with { FastDecode = true }).Key, (profile with { Mode = ResizeMode.Timm }).Key,
            (profile with { Mode = ResizeMode.Timm, CropFraction = 0.9 }).Key,
        ];
        Assert.Distinct(keys);
        Assert.DoesNotContain(keys, key => key.Contains(':', StringComparison.Ordinal));
        Assert.Equal("crop-448-exif-grey16scale", (profile with { Exif = ExifOrientation.Apply, Grey16 = Grey16.Scale }).Key);
    }

    [Theory, InlineData("crop+fast", "crop+fast-448"), InlineData("squash@pillow13+fast", "squash@pillow13+fast-448"), InlineData(
        "timm+fast", "timm+fast-448-0.875")]
    public void A_fast_profile_says_so_in_its_name_and_key(string name, string key)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(name, Checkpoint);
        Assert.Equal((true, name, key), (profile.FastDecode, profile.Name, profile.Key));
    }

    [Theory, InlineData("Crop"), InlineData(""), InlineData("timm@pillow13"), InlineData("+fast"), InlineData("fast"), InlineData(
        "crop+fast+fast")]
    public void An_unknown_name_is_refused_with_the_known_ones(string name)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => PreprocessProfile.Resolve(name, Checkpoint));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("crop, squash, timm, crop@pillow13 or squash@pillow13", refusal.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0.0), InlineData(1.01), InlineData(double.NaN)]
    public void A_crop_fraction_out_of_range_is_refused(double fraction) =>
        Assert.Throws<ArgumentException>(() => PreprocessProfile.Resolve(null, Checkpoint with { CropFraction = fraction }));

    [Fact]
    public void A_crop_to_unequal_sides_is_refused() =>
        Assert.Throws<ArgumentException>(
            () => GoldenImages.Process(GoldenImages.File("images/rgba.png"), GoldenImages.Crop with { Size = new InputSize(42, 70) }));

    [Fact]
    public void Room_of_another_length_than_the_profile_needs_is_refused() =>
        Assert.Throws<ArgumentException>(
            () => new ImagePreprocessor(new ImageLimits()).Process(GoldenImages.File("images/rgba.png"), GoldenImages.Crop, new byte[7]));

    [Fact]
    public void The_limits_default_to_20_megabytes_and_50_megapixels() =>
        Assert.Equal(new ImageLimits { MaxFileBytes = 20_000_000, MaxPixels = 50_000_000 }, new ImageLimits());
}
