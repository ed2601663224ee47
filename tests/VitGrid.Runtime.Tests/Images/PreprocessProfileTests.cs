using System.Text.Json;
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
            (profile with { Mode = ResizeMode.Border }).Key, (profile with { Edge = 512 }).Key,
            (profile with { Rounding = CropRounding.HalfToEven }).Key, (profile with { Interpolation = Interpolation.Bilinear }).Key,
            (profile with { Fill = new(1, 2, 3) }).Key, (profile with { Library = ResizeLibrary.Torchvision }).Key,
            (profile with { Size = profile.Size with { Samples = PixelType.Single } }).Key,
            (profile with { Tiling = new(1, 12, true) }).Key, (profile with { Tiling = new(1, 12, false) }).Key,
            (profile with { Tiling = new(2, 12, true) }).Key,
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

    [Theory, InlineData("Crop"), InlineData(""), InlineData("timm@pillow13"), InlineData("timm@torchvision"), InlineData(
        "border@pillow13"), InlineData("@torchvision"), InlineData("crop@pillow13@torchvision")]
    [InlineData("+fast"), InlineData("fast"), InlineData(
        "crop+fast+fast")]
    public void An_unknown_name_is_refused_with_the_known_ones(string name)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => PreprocessProfile.Resolve(name, Checkpoint));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("crop, squash, timm, crop@pillow13 or squash@pillow13", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("border, crop@torchvision or squash@torchvision", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ResizeMode.Crop, null, "crop-224-from256"), InlineData(ResizeMode.Crop, "crop", "crop-224-from256")]
    [InlineData(ResizeMode.Crop, "squash", "squash-224"), InlineData(ResizeMode.Crop, "timm", "timm-224-1")]
    [InlineData(ResizeMode.Crop, "border", "border-224"), InlineData(ResizeMode.Crop, "crop@torchvision", "crop@torchvision-224-from256")]
    [InlineData(ResizeMode.Crop, "squash@torchvision+fast", "squash@torchvision+fast-224")]
    [InlineData(ResizeMode.Squash, null, "squash-224-from256"), InlineData(ResizeMode.Squash, "crop", "crop-224")]
    [InlineData(ResizeMode.Border, null, "border-224-from256"), InlineData(ResizeMode.Border, "border+fast", "border+fast-224-from256")]
    public void A_checkpoints_own_mode_keeps_its_edge_and_another_goes_straight_to_the_size(ResizeMode own, string? name, string key)
    {
        ImagePreprocessing preprocessing = Checkpoint with { Mode = own, Size = 224, CropFraction = 1, Edge = 256 };
        PreprocessProfile profile = PreprocessProfile.Resolve(name, preprocessing);
        Assert.Equal(key, profile.Key);
        Assert.Equal(name ?? key.Split('-')[0], profile.Name);
    }

    [Fact]
    public void A_profile_survives_the_messages_between_processes()
    {
        PreprocessProfile profile = PreprocessProfile.Resolve("crop@torchvision", Checkpoint with
        {
            Mode = ResizeMode.Crop, Size = 224, Edge = 256, Rounding = CropRounding.HalfToEven, Interpolation = Interpolation.Bilinear,
            Fill = new(1, 2, 3), Samples = PixelType.Single,
        }) with { Exif = ExifOrientation.Apply, Grey16 = Grey16.Scale };
        Assert.Equal(profile, JsonSerializer.Deserialize<PreprocessProfile>(JsonSerializer.Serialize(profile)));
        PreprocessProfile tiled = (profile with { Size = InputSize.Square(224) }).WithTiling(new(2, 6, true));
        Assert.Equal(tiled, JsonSerializer.Deserialize<PreprocessProfile>(JsonSerializer.Serialize(tiled)));
        // What a process wrote that knew none of these: InternViT's own profile.
        PreprocessProfile old = JsonSerializer.Deserialize<PreprocessProfile>(
            """{"Mode":0,"Size":{"Height":448,"Width":448},"CropFraction":1,"PassOrder":1,"Exif":0,"Grey16":0,"FastDecode":false}""")!;
        Assert.Equal("crop@pillow13-448", old.Key);
    }

    [Fact]
    public void Pixels_of_single_precision_are_of_no_Pillow()
    {
        ImagePreprocessing single = Checkpoint with { Mode = ResizeMode.Squash, CropFraction = 1, Samples = PixelType.Single };
        Assert.Equal("squash-448-single", PreprocessProfile.Resolve(null, single).Key);
        Assert.Contains(
            "leave @pillow13 out", Assert.Throws<ArgumentException>(() => PreprocessProfile.Resolve("squash@pillow13", single)).Message,
            StringComparison.Ordinal);
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
