using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Clip;

/// <summary>
/// What its images pass: the short side and a centre of the same size, OpenAI's statistics, where the files say nothing else.
/// </summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) => PreprocessingFiles.ReadProcessor(
        directory,
        new(
            "CLIPImageProcessor",
            new(
                ResizeMode.Crop, architecture.ImageSize, 1, ImagePreprocessing.OpenAiMean, ImagePreprocessing.OpenAiStandardDeviation)
            {
                Source = $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}: what CLIPImageProcessor does",
            }));
}
