using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Beit;

/// <summary>What its images pass: squashed, and scaled to −1…1, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    private static readonly ImageDefaults Defaults = new(
        "no preprocessor_config.json: what BeitImageProcessor does",
        Crops: false,
        ImageDefaults.Half,
        ImageDefaults.Half);

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) =>
        ImageFiles.Read(directory, architecture, Defaults);
}
