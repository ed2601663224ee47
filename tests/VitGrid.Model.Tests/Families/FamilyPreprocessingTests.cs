using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Families;

/// <summary>What each published folder's own files make of its images.</summary>
public sealed class FamilyPreprocessingTests
{
    public static TheoryData<string, ResizeMode, int?, int, Interpolation, CropRounding> Folders => new()
    {
        { "pub-dinov2", ResizeMode.Crop, 64, 56, Interpolation.Bicubic, CropRounding.Down },
        { "pub-dinov2-registers", ResizeMode.Crop, 18, 16, Interpolation.Bicubic, CropRounding.Down },
        { "pub-clip", ResizeMode.Crop, null, 56, Interpolation.Bicubic, CropRounding.Down },
        { "pub-aimv2", ResizeMode.Crop, null, 16, Interpolation.Bicubic, CropRounding.Down },
        { "pub-siglip", ResizeMode.Squash, null, 16, Interpolation.Bicubic, CropRounding.Down },
        { "pub-vit", ResizeMode.Squash, null, 56, Interpolation.Bilinear, CropRounding.Down },
        { "pub-vit-mae", ResizeMode.Squash, null, 16, Interpolation.Bilinear, CropRounding.Down },
        { "pub-deit-distilled", ResizeMode.Squash, 18, 16, Interpolation.Bicubic, CropRounding.Down },
        { "pub-beit", ResizeMode.Squash, null, 16, Interpolation.Bilinear, CropRounding.Down },
        { "pub-dinov3", ResizeMode.Squash, null, 16, Interpolation.Bilinear, CropRounding.Down },
        { "openclip", ResizeMode.Crop, null, 16, Interpolation.Bicubic, CropRounding.HalfToEven },
        { "openclip-mlp-ratio", ResizeMode.Squash, null, 16, Interpolation.Bilinear, CropRounding.HalfToEven },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folders_images_are_brought_to_size_as_its_own_processor_does_it(
        string folder, ResizeMode mode, int? edge, int size, Interpolation kernel, CropRounding rounding)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("vits", folder));
        ImagePreprocessing images = checkpoint.Preprocessing;
        Assert.Equal(
            (mode, edge, size, kernel, rounding), (images.Mode, images.Edge, images.Size, images.Interpolation, images.Rounding));
        Assert.Equal(folder == "pub-dinov3" ? PixelType.Single : PixelType.Byte, images.Samples);
        Assert.Matches("preprocessor_config.json|open_clip_config.json: preprocess_cfg", images.Source);
    }
}
