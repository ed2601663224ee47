using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>What its images pass: what <c>preprocess_cfg</c> says.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the config.</summary>
    public static ImagePreprocessing Read(JsonSection config, EncoderArchitecture architecture) =>
        OpenClipPreprocessing.Read(config, architecture.ImageSize);
}
