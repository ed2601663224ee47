using VitGrid.Model.Encoders;

namespace VitGrid.Model.Preprocessing;

/// <summary>What a family's images pass where its files do not say so.</summary>
/// <param name="ImageProcessor">
/// transformers' class for a file that names none, such as <c>BitImageProcessor</c>; its defaults stand for the keys that are missing.
/// </param>
/// <param name="WithoutFile">
/// What is done where there is no file at all. Its size is the encoder's own, which also stands for a size that timm's or OpenCLIP's
/// config leaves out; its <see cref="ImagePreprocessing.Source"/> says why it is assumed.
/// </param>
internal sealed record PreprocessingDefaults(string ImageProcessor, ImagePreprocessing WithoutFile)
{
    /// <summary>Side of the encoder's own input, in pixels.</summary>
    public int Size => WithoutFile.Size;
}
