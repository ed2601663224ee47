using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>What the family's images pass.</summary>
internal static class PreprocessingReader
{
    public static ImagePreprocessing Read(EncoderArchitecture architecture) => Registers.PreprocessingReader.Read(architecture);
}
