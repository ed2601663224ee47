using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Dinov2;

/// <summary><c>config.json</c> of <c>Dinov2Model</c> and <c>Dinov2WithRegistersModel</c>, and timm's architectures.</summary>
internal sealed partial record CheckpointConfig(TowerConfig Tower, int Registers, bool IsGated)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{Plain}\", \"{WithRegisters}\", timm's vit_*_dinov2";

    private const string Plain = "dinov2";
    private const string WithRegisters = "dinov2_with_registers";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is Plain or WithRegisters || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config of transformers. Keys that are not stated mean what the class takes.</summary>
    public static CheckpointConfig Read(JsonSection config)
    {
        bool gated = config.Flag("use_swiglu_ffn") ?? false;
        TowerConfig tower = TowerConfig.Read(config, new() { MlpWidth = 0, PatchSize = 14, ImageSize = 224, Epsilon = 1e-6 });
        double ratio = config.Number("mlp_ratio") ?? 4;
        int width = (int)(tower.Width!.Value * ratio);
        int mlpWidth = gated ? ((width * 2 / 3) + 7) / 8 * 8 : width;
        return new(
            tower with { MlpWidth = config.Claim("mlp_ratio", config.Has("mlp_ratio") ? mlpWidth : (int?)null, mlpWidth) },
            config.Text("model_type") == WithRegisters ? config.Integer("num_register_tokens") ?? 4 : 0,
            gated);
    }

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        return TimmName().IsMatch(name)
            ? new() { Name = name, Heads = name.Contains("giant", StringComparison.Ordinal) ? 24 : TimmArchitecture.HeadsOf(name),
                ImageSize = 518, LayerScale = true, Function = IsGiant(name) ? MlpFunction.Silu : MlpFunction.Gelu }
            : null;
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        bool registers = architecture.PrefixTokens > 1;
        JsonObject config = TowerJson.Config(
            registers ? WithRegisters : Plain, registers ? "Dinov2WithRegistersModel" : "Dinov2Model", architecture, type);
        config.Remove("intermediate_size");
        config["mlp_ratio"] = 4;
        config["layerscale_value"] = 1.0;
        config["use_swiglu_ffn"] = architecture.GatedMlp;
        if (registers)
            config["num_register_tokens"] = architecture.PrefixTokens - 1;
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Crop(
            "BitImageProcessor", 224, 256, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation));
    }

    private static bool IsGiant(string name) => name.Contains("giant", StringComparison.Ordinal);

    [GeneratedRegex(@"^vit_(small|base|large|giant)_patch14_(reg4_)?dinov2\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
