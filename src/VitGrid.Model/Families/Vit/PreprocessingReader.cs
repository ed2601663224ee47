using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Vit;

/// <summary>
/// What its images pass, where the files say nothing else: squashed, and scaled to −1…1; MAE's with ImageNet's statistics, DeiT's with a crop.
/// </summary>
internal static class PreprocessingReader
{
    private static readonly ImageDefaults Vit = new(
        "no preprocessor_config.json: what ViTImageProcessor does", Crops: false, ImageDefaults.Half, ImageDefaults.Half);

    private static readonly ImageDefaults Mae = new(
        "no preprocessor_config.json: what MAE was trained with", Crops: false, ImagePreprocessing.ImageNetMean,
        ImagePreprocessing.ImageNetStandardDeviation);

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture, CheckpointConfig config) =>
        ImageFiles.Read(directory, architecture, config.IsMae ? Mae : Vit);
}
