using System.Globalization;
using System.Text.RegularExpressions;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>timm's architectures of Perception Encoder.</summary>
internal static partial class CheckpointConfig
{
    /// <summary>The configs that are read.</summary>
    public const string Known = "timm's vit_pe_*";

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) => FindTimm(config.Text("architecture")) is not null;

    /// <summary>What the name of one of timm's architectures says; null for those of other families.</summary>
    public static TimmArchitecture? FindTimm(string? architecture)
    {
        string name = architecture?.Split('.')[0] ?? "";
        if (TimmName().Match(name) is not { Success: true } match)
            return null;
        (string kind, string size) = (match.Groups[1].Value, match.Groups[2].Value);
        int patch = int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        int side = int.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture);
        bool core = kind == "core";
        return new()
        {
            Name = name,
            Heads = TimmArchitecture.HeadsOf(name),
            Epsilon = 1e-5,
            ImageSize = side,
            Pool = core ? "map" : "avg",
            PoolHeads = 8,
            PreNorm = true,
            FinalNorm = core,
            LayerScale = kind == "lang" || (kind == "spatial" && size == "gigantic"),
            Projects = core,
            Rotary = Encoder.Rotary(side / patch, hasClassToken: size != "gigantic"),
        };
    }

    /// <summary>Writes the files of a random checkpoint.</summary>
    public static void Write(string directory, EncoderArchitecture architecture, TensorType type)
    {
        string name = PublishedShapes.All.First(shape => shape.Value.Width == architecture.Width).Key;
        JsonFile.Write(directory, "config.json", TowerJson.Timm(
            name, architecture.Poolings.HeadWidth, "map", architecture.ImageSize, ImagePreprocessing.Halves, ImagePreprocessing.Halves));
    }

    [GeneratedRegex(
        @"^vit_pe_(core|lang|spatial)_(tiny|small|base|large|gigantic)_patch(14|16)_([0-9]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
