using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Vit;

/// <summary><c>config.json</c> of transformers' <c>vit</c>, <c>deit</c> and <c>vit_mae</c>, and timm's architectures.</summary>
/// <param name="Tower">What it claims of the tower.</param>
/// <param name="ModelType">Which of the classes.</param>
/// <param name="QueryBias">Whether q, k and v have biases.</param>
internal sealed partial record CheckpointConfig(TowerConfig Tower, string ModelType, bool QueryBias)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{Vit}\", \"{Deit}\", \"{Mae}\", timm's vit_*_patch*_*, deit_*, deit3_*";

    private const string Vit = "vit";
    private const string Deit = "deit";
    private const string Mae = "vit_mae";

    /// <summary>Whether two tokens stand before the patches: DeiT's class always has one for distillation.</summary>
    public bool IsDistilled => ModelType == Deit;

    /// <summary>Whether it was pretrained to restore masked images.</summary>
    public bool IsMae => ModelType == Mae;

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is Vit or Deit or Mae || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config of transformers. Keys that are not stated mean what the class takes.</summary>
    public static CheckpointConfig Read(JsonSection config) => new(
        TowerConfig.Read(config, new() { Epsilon = 1e-12 }), config.Text("model_type")!, config.Flag("qkv_bias") ?? true);

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        if (!TimmName().IsMatch(name))
            return null;
        bool gap = name.Contains("_gap_", StringComparison.Ordinal);
        return new()
        {
            Name = name,
            Heads = name == "vit_base_patch16_gap_224" ? 16 : TimmArchitecture.HeadsOf(name),
            ImageSize = TimmArchitecture.ImageSizeOf(name),
            Pool = gap ? "avg" : "token",
            LayerScale = name.StartsWith("deit3_", StringComparison.Ordinal) || MediumGap().IsMatch(name),
        };
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        JsonObject config = TowerJson.Config(Vit, "ViTModel", architecture, type);
        config["qkv_bias"] = true;
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Squash(
            "ViTImageProcessor", architecture.ImageSize, ImagePreprocessing.Halves, ImagePreprocessing.Halves));
    }

    [GeneratedRegex(
        @"^(vit_(tiny|small|base|large|huge|giant|gigantic|medium|betwixt)_patch[0-9]+(_gap)?_[0-9]+|" +
        @"deit_(tiny|small|base)(_distilled)?_patch16_[0-9]+|deit3_(small|medium|base|large|huge)_patch1[46]_[0-9]+)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();

    [GeneratedRegex(@"^vit_(medium|betwixt)_patch[0-9]+_gap_[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex MediumGap();
}
