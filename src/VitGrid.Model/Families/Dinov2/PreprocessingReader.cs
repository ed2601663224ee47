using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>
/// What its images pass: the short side to 256, the centre of 224, ImageNet's statistics, where the files say nothing else.
/// </summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) => PreprocessingFiles.ReadProcessor(
        directory,
        new(
            "BitImageProcessor",
            new(
                ResizeMode.Crop, 224, 1, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation)
            {
                Edge = 256,
                Source = $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}: what DINOv2 is used with",
            }));
}
