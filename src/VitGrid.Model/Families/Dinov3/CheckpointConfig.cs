using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Dinov3;

/// <summary><c>config.json</c> of <c>DINOv3ViTModel</c>, and timm's architectures.</summary>
/// <param name="Tower">What it claims of the tower.</param>
/// <param name="Registers">Register tokens.</param>
/// <param name="IsGated">Whether the MLP has a gate.</param>
/// <param name="RotaryBase">θ of the rotations.</param>
/// <param name="Biases">Whether queries, keys, values, the projection and the MLP have biases.</param>
internal sealed partial record CheckpointConfig(
    TowerConfig Tower, int Registers, bool IsGated, double RotaryBase, (bool Query, bool Key, bool Value, bool Projection, bool Mlp) Biases)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{Model}\", timm's vit_*_dinov3";

    private const string Model = "dinov3_vit";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") == Model || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config of transformers. Keys that are not stated mean what the class takes.</summary>
    public static CheckpointConfig Read(JsonSection config) => new(
        TowerConfig.Read(config, new() { Width = 384, Heads = 6, MlpWidth = 1536, Epsilon = 1e-5 }),
        config.Integer("num_register_tokens") ?? 0,
        config.Flag("use_gated_mlp") ?? false,
        config.Number("rope_theta") ?? 100,
        (config.Flag("query_bias") ?? true, config.Flag("key_bias") ?? false, config.Flag("value_bias") ?? true,
            config.Flag("proj_bias") ?? true, config.Flag("mlp_bias") ?? true));

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        if (TimmName().Match(name) is not { Success: true } match)
            return null;
        return new()
        {
            Name = name,
            Heads = match.Groups[1].Value switch { "huge_plus" => 20, "7b" => 32, _ => TimmArchitecture.HeadsOf(name) },
            Epsilon = 1e-5,
            ImageSize = 256,
            Pool = "avg",
            LayerScale = true,
            Function = match.Groups[1].Value is "small_plus" or "huge_plus" or "7b" ? MlpFunction.Silu : MlpFunction.Gelu,
            Rotary = Encoder.Rotary(100),
        };
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        JsonObject config = TowerJson.Config(Model, "DINOv3ViTModel", architecture, type);
        config["hidden_act"] = architecture.GatedMlp ? "silu" : "gelu";
        config["num_register_tokens"] = architecture.PrefixTokens - 1;
        config["rope_theta"] = 100.0;
        config["use_gated_mlp"] = architecture.GatedMlp;
        config["query_bias"] = true;
        config["key_bias"] = false;
        config["value_bias"] = true;
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Squash(
            "DINOv3ViTImageProcessorFast", architecture.ImageSize, ImagePreprocessing.ImageNetMean,
            ImagePreprocessing.ImageNetStandardDeviation));
    }

    [GeneratedRegex(
        @"^vit_(tiny|small|small_plus|base|large|huge_plus|7b)_patch16_dinov3(_qkvb)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
