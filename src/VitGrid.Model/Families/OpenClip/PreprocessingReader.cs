using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>What its images pass: what <c>preprocess_cfg</c> says.</summary>
internal static class PreprocessingReader
{
    /// <summary>Reads the section.</summary>
    public static ImagePreprocessing Read(JsonSection images, EncoderArchitecture architecture) =>
        ImageFiles.ReadOpenClip(images, architecture);
}
