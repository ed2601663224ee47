using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tests.Checkpoints;

namespace VitGrid.Model.Tests.Preprocessing;

/// <summary>Reads preprocessing from the text of a file.</summary>
internal static class StatedPreprocessing
{
    /// <summary>What is done without a file: recognisable numbers.</summary>
    public static ImagePreprocessing WithoutFile { get; } =
        new(ResizeMode.Squash, 96, 1, [0.1f, 0.2f, 0.3f], [0.4f, 0.5f, 0.6f]) { Source = "no file" };

    /// <summary>From <c>preprocessor_config.json</c>, whose class is <paramref name="processor"/> where it names none.</summary>
    public static ImagePreprocessing Processor(string json, string processor = "CLIPImageProcessor") =>
        Read(("config.json", "{}"), ("preprocessor_config.json", json), processor);

    /// <summary>From timm's <c>config.json</c> or OpenCLIP's <c>open_clip_config.json</c>, of an encoder of 96 pixels.</summary>
    public static ImagePreprocessing Config(string name, string json) => Read((name, json), null, "CLIPImageProcessor");

    /// <summary>From a config and another file beside it.</summary>
    public static ImagePreprocessing Read((string Name, string Json) config, (string Name, string Json)? beside, string processor)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.At(config.Name), config.Json);
        if (beside is { } other)
            File.WriteAllText(folder.At(other.Name), other.Json);
        return PreprocessingFiles.Read(folder.Path, JsonSection.Read(folder.At(config.Name)), new(processor, WithoutFile));
    }

    /// <summary>The refusal of a file.</summary>
    public static string Refusal(Func<ImagePreprocessing> read) => Assert.Throws<CheckpointException>(() => read()).Message;
}
