using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Clip;

/// <summary><c>config.json</c> of <c>CLIPModel</c> and of its image tower alone, and timm's architectures.</summary>
internal sealed partial record CheckpointConfig(TowerConfig Tower)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{TwoTowers}\", \"{ImageTower}\", \"{TextTower}\", timm's vit_*_clip_*";

    private const string TwoTowers = "clip";
    private const string ImageTower = "clip_vision_model";
    private const string TextTower = "clip_text_model";

    // What stands for the end token in configs that were written before its id was right: the highest id is meant.
    private const int LegacyEndId = 2;

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is TwoTowers or ImageTower or TextTower || FindTimm(config.Text("architecture")) is not null;

    /// <summary>
    /// Reads a config of transformers. Published ones of two towers state of the image tower only what is not the class's default, its
    /// function
    /// (OpenAI's quick GELU) among them.
    /// </summary>
    public static CheckpointConfig Read(JsonSection config)
    {
        JsonSection section = config.Text("model_type") == TwoTowers ? SectionOf(config, "vision_config") : config;
        return new(TowerConfig.Read(section, new() { PatchSize = 32, Epsilon = 1e-5, Function = MlpFunction.QuickGelu }));
    }

    /// <summary>Whether the checkpoint is a text tower alone.</summary>
    public static bool IsTextAlone(JsonSection config) => config.Text("model_type") == TextTower;

    /// <summary>Reads what a config says of the text tower; null: it is of an image tower alone.</summary>
    public static TextConfig? ReadText(JsonSection config)
    {
        if (config.Text("model_type") is not (TwoTowers or TextTower))
            return null;
        JsonSection section = IsTextAlone(config) ? config : SectionOf(config, "text_config");
        int end = section.Integer("eos_token_id") ?? 49_407;
        return TextConfig.Read(
            section,
            new() { Width = 512, Heads = 8, MlpWidth = 2_048, Epsilon = 1e-5, Function = MlpFunction.QuickGelu },
            vocabulary: 49_408,
            context: 77,
            end == LegacyEndId ? new(Causal: true, TextPooling.HighestId) : new(Causal: true, TextPooling.EndToken, end));
    }

    /// <summary>
    /// A tower's section. What stands under <c>…_dict</c> takes its place: the class fills it up with its defaults, and then goes by it.
    /// </summary>
    private static JsonSection SectionOf(JsonSection config, string key) => config.IsObject(key + "_dict")
        ? config.Section(key + "_dict")!
        : config.Section(key) ?? JsonSection.Empty(config.File, key);

    /// <summary>
    /// What the name of one of timm's architectures says; null for those of other families. OpenAI's function is served where the name has
    /// it,
    /// as timm does.
    /// </summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        return TimmName().IsMatch(name)
            ? new()
            {
                Name = name,
                Heads = name.Contains("_plus_", StringComparison.Ordinal) ? 14 : TimmArchitecture.HeadsOf(name),
                Epsilon = 1e-5,
                ImageSize = TimmArchitecture.ImageSizeOf(name),
                Function = name.Contains("quickgelu", StringComparison.Ordinal) ? MlpFunction.QuickGelu : MlpFunction.Gelu,
                PreNorm = true,
                Projects = true,
            }
            : null;
    }

    /// <summary>Writes the files of a random checkpoint: the image tower with its projection, and the text tower if there is one.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type, EncoderArchitecture? text = null)
    {
        MlpFunction function = PublishedShapes.FunctionOf(architecture);
        JsonObject config = TowerJson.Config(ImageTower, "CLIPVisionModelWithProjection", architecture, type);
        config["hidden_act"] = TowerConfig.Name(function);
        config["projection_dim"] = architecture.Poolings.HeadWidth;
        if (text is not null)
        {
            JsonObject texts = TextTowerReader.RandomConfig(TextTower, text, function, text.VocabularySize - 1);
            config = TowerJson.TwoTowers(TwoTowers, "CLIPModel", config, texts);
            config["projection_dim"] = architecture.Poolings.HeadWidth;
        }
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Crop(
            "CLIPImageProcessor", architecture.ImageSize, architecture.ImageSize, ImagePreprocessing.OpenAiMean,
            ImagePreprocessing.OpenAiStandardDeviation));
    }

    [GeneratedRegex(
        @"^vit_(xsmall|small|medium|betwixt|base|large|huge|giant|gigantic)_patch[0-9]+(_plus)?_clip(_quickgelu)?_[0-9]+\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
