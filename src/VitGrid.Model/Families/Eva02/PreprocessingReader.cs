using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.Eva02;

/// <summary>What its images pass: what timm's <c>pretrained_cfg</c> says.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the config.</summary>
    public static ImagePreprocessing Read(JsonSection config, EncoderArchitecture architecture) =>
        PretrainedPreprocessing.Read(config, architecture.ImageSize);
}
