using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>What its images pass: the short side to 256, the centre of 224, ImageNet's statistics, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    private static readonly ImageDefaults Defaults = new(
        "no preprocessor_config.json: what DINOv2 is used with",
        Crops: true,
        ImagePreprocessing.ImageNetMean,
        ImagePreprocessing.ImageNetStandardDeviation)
    {
        Size = 224,
        ShortestEdge = 256,
    };

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) =>
        ImageFiles.Read(directory, architecture, Defaults);
}
