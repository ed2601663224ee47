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
    public const string Known = $"\"{TwoTowers}\", \"{ImageTower}\", timm's vit_*_clip_*";

    private const string TwoTowers = "clip";
    private const string ImageTower = "clip_vision_model";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") is TwoTowers or ImageTower || FindTimm(config.Text("architecture")) is not null;

    /// <summary>
    /// Reads a config of transformers. Published ones of two towers state of the image tower only what is not the class's default, its
    /// function
    /// (OpenAI's quick GELU) among them.
    /// </summary>
    public static CheckpointConfig Read(JsonSection config)
    {
        JsonSection section = config.Text("model_type") == TwoTowers
            ? config.Section("vision_config") ?? JsonSection.Empty(config.File, "vision_config")
            : config;
        return new(TowerConfig.Read(section, new() { PatchSize = 32, Epsilon = 1e-5, Function = MlpFunction.QuickGelu }));
    }

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

    /// <summary>Writes the files of a random checkpoint: the image tower with its projection.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        JsonObject config = TowerJson.Config(ImageTower, "CLIPVisionModelWithProjection", architecture, type);
        config["hidden_act"] = TowerConfig.Name(PublishedShapes.FunctionOf(architecture));
        config["projection_dim"] = architecture.Poolings.HeadWidth;
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
