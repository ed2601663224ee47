using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>What its images pass: squashed, with ImageNet's statistics, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    private static readonly ImageDefaults Defaults = new(
        "no preprocessor_config.json: what DINOv3ViTImageProcessorFast does",
        Crops: false,
        ImagePreprocessing.ImageNetMean,
        ImagePreprocessing.ImageNetStandardDeviation);

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) =>
        ImageFiles.Read(directory, architecture, Defaults);
}
