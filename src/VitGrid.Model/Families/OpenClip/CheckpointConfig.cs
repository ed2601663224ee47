using System.Text.Json.Nodes;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>The timm encoder inside an OpenCLIP model.</summary>
/// <param name="Architecture">What its name says.</param>
/// <param name="Config">What the config says besides.</param>
/// <param name="Projection"><c>linear</c>: a layer of OpenCLIP's own follows; <c>none</c>: nothing; empty: the trunk's own head.</param>
internal sealed record TimmTrunk(TimmArchitecture Architecture, TimmConfig Config, string Projection);

/// <summary><c>open_clip_config.json</c>: <c>model_cfg.vision_cfg</c> and <c>preprocess_cfg</c>.</summary>
/// <param name="Tower">What it claims of a tower of its own.</param>
/// <param name="Trunk">The timm encoder; null: the tower is OpenCLIP's own.</param>
/// <param name="Preprocessing">What it says about images.</param>
internal sealed record CheckpointConfig(TowerConfig Tower, TimmTrunk? Trunk, JsonSection Preprocessing)
{
    /// <summary>The configs that are read.</summary>
    public const string Known = "open_clip_config.json";

    /// <summary>Parts of a tower that are not built, by key, with the value that leaves them out.</summary>
    private static readonly string[] NotBuilt = ["attentional_pool", "no_ln_pre", "final_ln_after_pool", "input_patchnorm"];

    private static readonly Func<string?, TimmArchitecture?>[] Architectures =
    [
        Dinov2.CheckpointConfig.FindTimm, Clip.CheckpointConfig.FindTimm, SigLip.CheckpointConfig.FindTimm, Vit.CheckpointConfig.FindTimm,
        Dinov3.CheckpointConfig.FindTimm, Beit.CheckpointConfig.FindTimm, Eva02.CheckpointConfig.FindTimm,
        PerceptionEncoder.CheckpointConfig.FindTimm, Aimv2.CheckpointConfig.FindTimm,
    ];

    /// <summary>Whether the config is this family's.</summary>
    public static bool Claims(JsonSection config) => config.IsObject("model_cfg");

    /// <summary>Reads it.</summary>
    public static CheckpointConfig Read(JsonSection file)
    {
        JsonSection model = file.Section("model_cfg")!;
        JsonSection vision = model.Section("vision_cfg") ?? throw model.Refuse("vision_cfg", "it describes the image tower");
        JsonSection images = file.Section("preprocess_cfg") ?? JsonSection.Empty(file.File, "preprocess_cfg");
        return vision.Has("timm_model_name")
            ? new(ReadTrunk(vision, out TimmTrunk trunk), trunk, images)
            : new(ReadOwn(model, vision), null, images);
    }

    /// <summary>Writes the file of a random checkpoint: a tower of its own.</summary>
    public static void Write(string directory, EncoderArchitecture architecture)
    {
        JsonObject vision = new()
        {
            ["image_size"] = architecture.ImageSize,
            ["layers"] = architecture.Depth,
            ["width"] = architecture.Width,
            ["head_width"] = architecture.Width / architecture.Heads,
            // As published, four digits: rounded down it would cost a row.
            ["mlp_ratio"] = Math.Ceiling(10_000.0 * architecture.MlpWidth / architecture.Width) / 10_000,
            ["patch_size"] = architecture.PatchSize,
        };
        JsonFile.Write(directory, Known, new JsonObject
        {
            ["model_cfg"] = new JsonObject { ["embed_dim"] = architecture.Poolings.HeadWidth, ["vision_cfg"] = vision },
            ["preprocess_cfg"] = new JsonObject
            {
                ["mean"] = TowerJson.Channels(ImagePreprocessing.OpenAiMean),
                ["std"] = TowerJson.Channels(ImagePreprocessing.OpenAiStandardDeviation),
            },
        });
    }

    private static TowerConfig ReadOwn(JsonSection model, JsonSection vision)
    {
        if (NotBuilt.FirstOrDefault(key => vision.Has(key) && !vision.IsFalse(key)) is { } other)
            throw vision.Refuse(other, "this part is not built; only towers without it are served");
        if (vision.Text("pool_type") is not (null or "tok"))
            throw vision.Refuse("pool_type", "only \"tok\", the class token, is built");
        int width = vision.Integer("width") ?? 768;
        int headWidth = vision.Integer("head_width") ?? 64;
        Claim<int> stated = vision.Claim("head_width", vision.Integer("head_width"), headWidth);
        return new()
        {
            Width = vision.Claim("width", vision.Integer("width"), width),
            Depth = vision.Claim("layers", vision.Integer("layers"), 12),
            Heads = stated with { Value = headWidth > 0 ? width / headWidth : 0 },
            MlpWidth = vision.Claim("mlp_ratio", vision.Number("mlp_ratio") is { } ratio ? (int)(width * ratio) : null, width * 4),
            PatchSize = vision.Claim("patch_size", vision.Side("patch_size"), 16),
            ImageSize = vision.Claim("image_size", vision.Side("image_size"), 224),
            Epsilon = 1e-5f,
            Function = model.Flag("quick_gelu") is true ? MlpFunction.QuickGelu : MlpFunction.Gelu,
        };
    }

    private static TowerConfig ReadTrunk(JsonSection vision, out TimmTrunk trunk)
    {
        string? name = vision.Text("timm_model_name");
        TimmArchitecture architecture = Architectures.Select(find => find(name)).FirstOrDefault(found => found is not null)
            ?? throw vision.Refuse("timm_model_name", "no family that is built has this architecture");
        Claim<int>? size = vision.Side("image_size") is { } side ? vision.Stated("image_size", side) : null;
        TimmConfig config = TimmConfig.Read(
            vision,
            vision.Section("timm_model_args") ?? JsonSection.Empty(vision.File, "timm_model_args"),
            ("timm_pool", vision.Text("timm_pool") is { Length: > 0 } pool ? pool : null),
            size,
            architecture);
        string projection = vision.States("timm_proj") ? vision.Text("timm_proj") ?? "" : "linear";
        if (projection is not ("" or "none" or "linear"))
            throw vision.Refuse("timm_proj", "built are \"linear\", \"none\" and none stated");
        trunk = new(architecture, config, projection);
        return config.Tower;
    }
}
