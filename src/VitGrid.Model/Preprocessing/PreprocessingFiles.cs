using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Preprocessing;

/// <summary>
/// Reads what a checkpoint brings about its images, whichever library wrote it: timm's <c>pretrained_cfg</c>, OpenCLIP's
/// <c>preprocess_cfg</c>, else transformers' processor files. What is not understood is refused by file, key and value.
/// </summary>
internal static class PreprocessingFiles
{
    /// <summary>Reads it.</summary>
    /// <param name="directory">The checkpoint's folder.</param>
    /// <param name="config"><c>config.json</c>, or <c>open_clip_config.json</c> of an OpenCLIP folder.</param>
    /// <param name="defaults">What the family does where nothing is said.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not served.</exception>
    public static ImagePreprocessing Read(string directory, JsonSection config, PreprocessingDefaults defaults)
    {
        if (config.Has("model_cfg"))
            return OpenClipPreprocessing.Read(config, defaults.Size);
        if (config.Has("architecture"))
            return PretrainedPreprocessing.Read(config, defaults.Size);
        return ReadProcessor(directory, defaults);
    }

    /// <summary>Reads transformers' processor files alone.</summary>
    /// <param name="directory">The checkpoint's folder.</param>
    /// <param name="defaults">What the family does where nothing is said.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not served.</exception>
    public static ImagePreprocessing ReadProcessor(string directory, PreprocessingDefaults defaults) =>
        ProcessorFiles.Find(directory) is { } processor
            ? ImageProcessorPreprocessing.Read(processor, defaults.ImageProcessor)
            : defaults.WithoutFile;
}
