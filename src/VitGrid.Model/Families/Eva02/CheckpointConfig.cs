using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Eva02;

/// <summary>timm's architectures of EVA02.</summary>
internal static partial class CheckpointConfig
{
    /// <summary>The configs that are read.</summary>
    public const string Known = "timm's eva02_*";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) => FindTimm(config.Text("architecture")) is not null;

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        bool clip = name.Contains("_clip_", StringComparison.Ordinal);
        return TimmName().IsMatch(name)
            ? new()
            {
                Name = name,
                Heads = TimmArchitecture.HeadsOf(name),
                ImageSize = TimmArchitecture.ImageSizeOf(name),
                Pool = clip ? "token" : "avg",
                Function = MlpFunction.Silu,
                Projects = clip,
                Rotary = Encoder.Rotary,
            }
            : null;
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        string name = PublishedShapes.All.First(shape => shape.Value.Width == architecture.Width).Key;
        JsonFile.Write(directory, "config.json", TowerJson.Timm(
            name, 0, "avg", architecture.ImageSize, ImagePreprocessing.OpenAiMean, ImagePreprocessing.OpenAiStandardDeviation));
    }

    [GeneratedRegex(@"^eva02_(tiny|small|base|large)_patch1[46](_clip)?_[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
