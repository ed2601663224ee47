namespace VitGrid.Model.Checkpoints.Configs;

/// <summary>
/// <c>config.json</c> of a checkpoint's folder. Which of the three sources wrote it decides defaults, epsilon of the q/k norm
/// and position kernel; whose tensor names the weights have is another matter.
/// </summary>
/// <param name="Encoder">What it says about the encoder.</param>
/// <param name="Source">Whose class wrote it.</param>
/// <param name="File">The whole file.</param>
internal sealed record CheckpointConfig(EncoderConfig Encoder, ConfigSource Source, JsonSection File)
{
    private const string Known =
        "known are \"intern_vit_6b\" (OpenGVLab's), \"internvl_vision\" and \"interns1_vision\" (transformers'), a chat model's with " +
        "\"vision_config\", and timm's with \"architecture\"";

    public static CheckpointConfig Read(string directory)
    {
        JsonSection config = JsonSection.Read(Path.Combine(directory, "config.json"));
        if (config.Has("architecture"))
            return new CheckpointConfig(TimmConfig.Read(config), ConfigSource.Timm, config);
        JsonSection encoder = config.Section("vision_config") ?? config;
        string? type = encoder.Text("model_type") ?? TypeOfParent(config) ?? TypeOfClass(encoder);
        ConfigSource source = type switch
        {
            "intern_vit_6b" => ConfigSource.Original,
            "internvl_vision" or "interns1_vision" => ConfigSource.Transformers,
            _ => throw encoder.Refuse("model_type", $"{Known}: this is another model, or its config lacks the key"),
        };
        HuggingFaceConfig reader = source == ConfigSource.Original ? HuggingFaceConfig.Original : HuggingFaceConfig.Transformers;
        return new CheckpointConfig(reader.Read(encoder) with { ForcedImageSize = ForcedImageSize(config) }, source, config);
    }

    /// <summary>
    /// How the weights were quantised, as the file says; null where it says nothing. In chat models it often means the language part alone.
    /// </summary>
    public string? QuantisationMethod =>
        Quantisation(File) ?? (File.IsObject("vision_config") ? Quantisation(File.Section("vision_config")!) : null);

    private static string? Quantisation(JsonSection section)
    {
        JsonSection? stated = section.IsObject("quantization_config") ? section.Section("quantization_config") : null;
        return stated?.IsText("quant_method") == true ? stated.Text("quant_method") : null;
    }

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
