using VitGrid.Model.Configs;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// <c>config.json</c> of a checkpoint's folder. Which of the three sources wrote it decides defaults, epsilon of the q/k norm
/// and position kernel; whose tensor names the weights have is another matter.
/// </summary>
/// <param name="Encoder">What it says about the encoder.</param>
/// <param name="Source">Whose class wrote it.</param>
/// <param name="File">The whole file.</param>
internal sealed record CheckpointConfig(EncoderConfig Encoder, ConfigSource Source, JsonSection File)
{
    public const string Known =
        "\"intern_vit_6b\" (OpenGVLab's), \"internvl_vision\" and \"interns1_vision\" (transformers'), a chat model's with " +
        "\"vision_config\", and timm's with \"architecture\"";

    /// <summary>Whether <paramref name="config"/> is one of the three sources'.</summary>
    public static bool IsKnown(JsonSection config) => SourceOf(config) is not null;

    /// <exception cref="CheckpointException">A key is malformed, or names what is not served.</exception>
    public static CheckpointConfig Read(JsonSection config)
    {
        ConfigSource source = SourceOf(config) ?? throw config.Refuse("model_type", $"known are {Known}");
        if (source == ConfigSource.Timm)
            return new CheckpointConfig(TimmConfig.Read(config), source, config);
        HuggingFaceConfig reader = source == ConfigSource.Original ? HuggingFaceConfig.Original : HuggingFaceConfig.Transformers;
        return new CheckpointConfig(reader.Read(Vision(config)) with { ForcedImageSize = ForcedImageSize(config) }, source, config);
    }

    private static ConfigSource? SourceOf(JsonSection config) => config.Has("architecture")
        ? ConfigSource.Timm
        : (Vision(config).Text("model_type") ?? TypeOfParent(config) ?? TypeOfClass(Vision(config))) switch
        {
            "intern_vit_6b" => ConfigSource.Original,
            "internvl_vision" or "interns1_vision" => ConfigSource.Transformers,
            _ => null,
        };

    private static JsonSection Vision(JsonSection config) => config.Section("vision_config") ?? config;

    /// <summary>
    /// The size that a chat model runs its encoder at, whatever the encoder's own section says; 0 means none, as in Python's <c>or</c>.
    /// </summary>
    private static Claim<int>? ForcedImageSize(JsonSection config) =>
        config.Side("force_image_size") is { } size and > 0 ? config.Stated("force_image_size", size) : null;

    private static string? TypeOfParent(JsonSection config) => config.Text("model_type") switch
    {
        "internvl_chat" => "intern_vit_6b",
        "internvl" => "internvl_vision",
        "interns1" => "interns1_vision",
        _ => null,
    };

    private static string? TypeOfClass(JsonSection encoder) => encoder.FirstText("architectures") switch
    {
        "InternVisionModel" => "intern_vit_6b",
        "InternVLVisionModel" => "internvl_vision",
        "InternS1VisionModel" => "interns1_vision",
        _ => null,
    };
}
