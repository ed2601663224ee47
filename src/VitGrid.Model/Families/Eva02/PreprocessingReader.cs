using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Eva02;

/// <summary>What its images pass: what timm's <c>pretrained_cfg</c> says.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the section.</summary>
    public static ImagePreprocessing Read(JsonSection pretrained, EncoderArchitecture architecture) =>
        ImageFiles.ReadTimm(pretrained, architecture);
}
