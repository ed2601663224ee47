namespace VitGrid.Model.Checkpoints.Configs;

/// <summary>
/// <c>config.json</c> of a checkpoint's folder. Which of the three sources wrote it decides defaults, epsilon of the q/k norm
/// and position kernel; whose tensor names the weights have is another matter.
/// </summary>
internal sealed record CheckpointConfig(EncoderConfig Encoder, JsonSection? PretrainedConfig, bool FromTimm)
{
    private const string Known =
        "known are \"intern_vit_6b\" (OpenGVLab's), \"internvl_vision\" (transformers'), a chat model's with \"vision_config\", " +
        "and timm's with \"architecture\"";

    public static CheckpointConfig Read(string directory)
    {
        JsonSection config = JsonSection.Read(Path.Combine(directory, "config.json"));
        if (config.Has("architecture"))
            return new CheckpointConfig(TimmConfig.Read(config), config.Section("pretrained_cfg"), true);
        JsonSection encoder = config.Section("vision_config") ?? config;
        string? type = encoder.Text("model_type") ?? TypeOfParent(config) ?? TypeOfClass(encoder);
        return type switch
        {
            "intern_vit_6b" => new CheckpointConfig(HuggingFaceConfig.Original.Read(encoder), null, false),
            "internvl_vision" => new CheckpointConfig(HuggingFaceConfig.Transformers.Read(encoder), null, false),
            _ => throw encoder.Refuse("model_type", $"{Known}: this is another model, or its config lacks the key"),
        };
    }

    private static string? TypeOfParent(JsonSection config) => config.Text("model_type") switch
    {
        "internvl_chat" => "intern_vit_6b",
        "internvl" => "internvl_vision",
        _ => null,
    };

    private static string? TypeOfClass(JsonSection encoder) => encoder.FirstText("architectures") switch
    {
        "InternVisionModel" => "intern_vit_6b",
        "InternVLVisionModel" => "internvl_vision",
        _ => null,
    };
}
