using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>What its images pass: squashed, with ImageNet's statistics, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) => PreprocessingFiles.ReadProcessor(
        directory,
        new(
            "DINOv3ViTImageProcessorFast",
            new(
                ResizeMode.Squash, architecture.ImageSize, 1, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation)
            {
                Interpolation = Interpolation.Bilinear,
                Samples = PixelType.Single,
                Source = $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}: what DINOv3ViTImageProcessorFast does",
            }));
}
