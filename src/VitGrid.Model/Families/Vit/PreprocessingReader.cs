using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Vit;

/// <summary>
/// What its images pass, where the files say nothing else: squashed, and scaled to −1…1; MAE's and DeiT's with ImageNet's statistics. The
/// keys of a file that names no class mean what DeiT's class does with them, else what ViT's does.
/// </summary>
internal static class PreprocessingReader
{
    private const string Class = "ViTImageProcessor";
    private const string NoFile = $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}";

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture, CheckpointConfig config)
    {
        ImagePreprocessing vit = new(
            ResizeMode.Squash, architecture.ImageSize, 1, ImagePreprocessing.Halves, ImagePreprocessing.Halves)
        {
            Interpolation = Interpolation.Bilinear,
            Source = $"{NoFile}: what {Class} does",
        };
        ImagePreprocessing mae = vit with
        {
            Mean = ImagePreprocessing.ImageNetMean,
            StandardDeviation = ImagePreprocessing.ImageNetStandardDeviation,
            Source = $"{NoFile}: what MAE was trained with",
        };
        ImagePreprocessing deit = mae with { Interpolation = Interpolation.Bicubic, Source = $"{NoFile}: what DeiT was trained with" };
        return PreprocessingFiles.ReadProcessor(
            directory, config.IsDistilled ? new("DeiTImageProcessor", deit) : new(Class, config.IsMae ? mae : vit));
    }
}
