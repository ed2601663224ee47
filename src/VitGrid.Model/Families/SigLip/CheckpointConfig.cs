using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.SigLip;

/// <summary><c>config.json</c> of <c>SiglipModel</c> and of its image tower alone, and timm's architectures.</summary>
/// <param name="Tower">What it claims of the tower.</param>
/// <param name="StatesHead">Whether it states that there is a head, or that there is none; null where it is silent.</param>
internal sealed partial record CheckpointConfig(TowerConfig Tower, bool? StatesHead)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{TwoTowers}\", \"{ImageTower}\", \"{TextTower}\", timm's vit_*_siglip_*";

    private const string TwoTowers = "siglip";
    private const string ImageTower = "siglip_vision_model";
    private const string TextTower = "siglip_text_model";

    /// <summary>Whether the config is this family's. SigLIP2's variable grids are another class and are refused by name.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is TwoTowers or ImageTower or TextTower or "siglip2" or "siglip2_vision_model"
        || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config of transformers. Published ones of two towers leave the class's defaults out.</summary>
    public static CheckpointConfig Read(JsonSection config)
    {
        if (config.Text("model_type") is "siglip2" or "siglip2_vision_model")
        {
            throw config.Refuse(
                "model_type", "the class with grids of any shape (NaFlex) is not built; SigLIP2 of a fixed size is, and says \"siglip\"");
        }
        JsonSection section = config.Text("model_type") == TwoTowers
            ? config.Section("vision_config") ?? JsonSection.Empty(config.File, "vision_config")
            : config;
        return new(
            TowerConfig.Read(section, new() { Epsilon = 1e-6, Function = MlpFunction.TanhGelu }), section.Flag("vision_use_head"));
    }

    /// <summary>Whether the checkpoint is a text tower alone.</summary>
    public static bool IsTextAlone(JsonSection config) => config.Text("model_type") == TextTower;

    /// <summary>
    /// Reads what a config says of the text tower; null: it is of an image tower alone. Ids of special tokens in it are CLIP's leftovers.
    /// </summary>
    public static TextConfig? ReadText(JsonSection config) => config.Text("model_type") is not (TwoTowers or TextTower)
        ? null
        : TextConfig.Read(
            IsTextAlone(config) ? config : config.Section("text_config") ?? JsonSection.Empty(config.File, "text_config"),
            new() { Epsilon = 1e-6, Function = MlpFunction.TanhGelu },
            vocabulary: 32_000,
            context: 64,
            new(Causal: false, TextPooling.Last)) with
        {
            PoolsLast = true,
        };

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        return TimmName().IsMatch(name)
            ? new()
            {
                Name = name,
                Heads = TimmArchitecture.HeadsOf(name),
                ImageSize = TimmArchitecture.ImageSizeOf(name),
                Pool = name.Contains("_gap_", StringComparison.Ordinal) ? "avg" : "map",
                Function = TanhName().IsMatch(name) ? MlpFunction.TanhGelu : MlpFunction.Gelu,
            }
            : null;
    }

    /// <summary>Writes the files of a random checkpoint: the image tower with its head, and the text tower if there is one.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type, EncoderArchitecture? text = null)
    {
        JsonObject config = TowerJson.Config(ImageTower, "SiglipVisionModel", architecture, type);
        config["hidden_act"] = TowerConfig.Name(MlpFunction.TanhGelu);
        if (text is not null)
        {
            config = TowerJson.TwoTowers(
                TwoTowers, "SiglipModel", config, TextTowerReader.RandomConfig(TextTower, text, MlpFunction.TanhGelu, endId: 1));
        }
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Squash(
            "SiglipImageProcessor", architecture.ImageSize, ImagePreprocessing.Halves, ImagePreprocessing.Halves));
    }

    [GeneratedRegex(@"^vit_(base|large|so400m|giantopt)_patch[0-9]+_siglip(_gap)?_[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();

    /// <summary>The second version's architectures, where their names differ from the first's.</summary>
    [GeneratedRegex(
        @"^vit_(base_patch32_siglip(_gap)?_256|large_patch16_siglip(_gap)?_512|so400m_patch16_.*|giantopt_.*)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex TanhName();
}
