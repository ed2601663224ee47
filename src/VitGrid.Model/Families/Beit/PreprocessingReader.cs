using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Beit;

/// <summary>What its images pass: squashed, and scaled to −1…1, where the files say nothing else.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the files beside the weights.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture) => PreprocessingFiles.ReadProcessor(
        directory,
        new(
            "BeitImageProcessor",
            new(
                ResizeMode.Squash, architecture.ImageSize, 1, ImagePreprocessing.Halves, ImagePreprocessing.Halves)
            {
                Source = $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}: what BeitImageProcessor does",
            }));
}
