using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>What the family's images pass: squashed, and scaled to −1…1.</summary>
internal static class PreprocessingReader
{
    public static ImagePreprocessing Read(EncoderArchitecture architecture) =>
        new(ResizeMode.Squash, architecture.ImageSize, 1, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]) { Source = "what the family does" };
}
