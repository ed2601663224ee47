using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>What its images pass: the short side and a centre of the same size, OpenAI's statistics, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    private static readonly ImageDefaults Defaults = new(
        "no preprocessor_config.json: what AIMv2 is used with",
        Crops: true,
        ImageDefaults.OpenAiMean,
        ImageDefaults.OpenAiStandardDeviation);

    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) =>
        ImageFiles.Read(directory, architecture, Defaults);
}
