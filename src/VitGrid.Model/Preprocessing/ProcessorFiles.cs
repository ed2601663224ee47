using VitGrid.Model.Configs;

namespace VitGrid.Model.Preprocessing;

/// <summary>
/// The files in which transformers keeps what becomes of an image: <c>image_processor</c> of <c>processor_config.json</c>, the only file
/// that transformers 5 writes and the one it prefers, then <c>preprocessor_config.json</c>.
/// </summary>
internal static class ProcessorFiles
{
    public const string Processor = "processor_config.json";
    public const string Preprocessor = "preprocessor_config.json";

    private const string Section = "image_processor";

    /// <summary>Finds the section that speaks of images; null where no file has one.</summary>
    /// <exception cref="Tensors.CheckpointException">A file is malformed.</exception>
    public static JsonSection? Find(string directory)
    {
        string processor = Path.Combine(directory, Processor), preprocessor = Path.Combine(directory, Preprocessor);
        JsonSection? nested = File.Exists(processor) ? JsonSection.Read(processor).Section(Section) : null;
        return nested ?? (File.Exists(preprocessor) ? JsonSection.Read(preprocessor) : null);
    }
}
