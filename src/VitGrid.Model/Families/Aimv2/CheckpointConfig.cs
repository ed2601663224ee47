using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Aimv2;

/// <summary><c>config.json</c> of Apple's and transformers' AIMv2, and timm's architectures.</summary>
/// <param name="Tower">What it claims of the tower.</param>
/// <param name="HasHead">Whether an attention pools.</param>
internal sealed partial record CheckpointConfig(TowerConfig Tower, bool HasHead)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{Apple}\", \"{ImageTower}\", timm's aimv2_*";

    private const string Apple = "aimv2";
    private const string ImageTower = "aimv2_vision_model";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is Apple or ImageTower || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config. Keys that are not stated mean what the class takes.</summary>
    public static CheckpointConfig Read(JsonSection config)
    {
        if (config.Flag("is_native") is true)
            {
            throw config.Refuse(
                "is_native", "positions made of sines for any size are not built; checkpoints with stored positions are served");
        }
        TowerDefaults defaults = new()
        {
            Width = 1024, Depth = 24, Heads = 8, MlpWidth = 2816, PatchSize = 14, Epsilon = 1e-5, Function = MlpFunction.Silu,
        };
        return new(TowerConfig.Read(config, defaults, "rms_norm_eps"), config.Flag("use_head") ?? config.Text("model_type") == ImageTower);
    }

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        if (TimmName().Match(name) is not { Success: true } match)
            return null;
        return new()
        {
            Name = name,
            Heads = match.Groups[1].Value switch { "large" => 8, "huge" => 12, "1b" => 16, _ => 24 },
            Epsilon = 1e-5,
            ImageSize = TimmArchitecture.ImageSizeOf(name),
            Pool = "avg",
            Norm = NormKind.RmsNorm,
            PatchNorm = true,
            Function = MlpFunction.Silu,
        };
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        JsonObject config = TowerJson.Config(Apple, "AIMv2Model", architecture, type);
        config.Remove("hidden_act");
        config.Remove("layer_norm_eps");
        config["rms_norm_eps"] = architecture.NormEpsilon;
        config["qkv_bias"] = false;
        config["use_bias"] = false;
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Crop(
            "CLIPImageProcessor", architecture.ImageSize, architecture.ImageSize, ImagePreprocessing.OpenAiMean,
            ImagePreprocessing.OpenAiStandardDeviation));
    }

    [GeneratedRegex(@"^aimv2_(large|huge|1b|3b)_patch14_[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
