using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Beit;

/// <summary><c>config.json</c> of transformers' <c>beit</c>, and timm's architectures.</summary>
/// <param name="Tower">What it claims of the tower.</param>
/// <param name="PoolsMean">
/// Whether the normed mean of the patches is pooled, and tokens are not normed; else the normed class token.
/// </param>
/// <param name="HasPositions">Whether positions are added to tokens.</param>
/// <param name="HasRelative">Whether each block has a table of relative positions.</param>
/// <param name="SharesRelative">Whether all blocks share one.</param>
internal sealed partial record CheckpointConfig(
    TowerConfig Tower, bool PoolsMean, bool HasPositions, bool HasRelative, bool SharesRelative)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = $"\"{Model}\", timm's beit_*, beitv2_*";

    private const string Model = "beit";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) =>
        config.Text("model_type") == Model || FindTimm(config.Text("architecture")) is not null;

    /// <summary>Reads a config of transformers. Keys that are not stated mean what the class takes.</summary>
    public static CheckpointConfig Read(JsonSection config) => new(
        TowerConfig.Read(config, new() { Epsilon = 1e-12 }),
        config.Flag("use_mean_pooling") ?? true,
        config.Flag("use_absolute_position_embeddings") ?? false,
        config.Flag("use_relative_position_bias") ?? false,
        config.Flag("use_shared_relative_position_bias") ?? false);

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
                Pool = "avg",
                LayerScale = true,
            }
            : null;
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        JsonObject config = TowerJson.Config(Model, "BeitModel", architecture, type);
        config["use_absolute_position_embeddings"] = false;
        config["use_mean_pooling"] = true;
        config["use_relative_position_bias"] = true;
        config["use_shared_relative_position_bias"] = false;
        JsonFile.Write(directory, "config.json", config);
        JsonFile.Write(directory, "preprocessor_config.json", TowerJson.Squash(
            "BeitImageProcessor", architecture.ImageSize, ImagePreprocessing.Halves, ImagePreprocessing.Halves));
    }

    [GeneratedRegex(@"^beit(v2)?_(base|large)_patch16_[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
