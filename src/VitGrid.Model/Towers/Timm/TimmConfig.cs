using VitGrid.Model.Configs;

namespace VitGrid.Model.Towers.Timm;

/// <summary>timm's config of one encoder: the hub's <c>config.json</c>, or what an OpenCLIP config says of its trunk.</summary>
internal sealed record TimmConfig
{
    /// <summary>Arguments that change what their architecture's name says, and are understood.</summary>
    private static readonly HashSet<string> Understood =
    [
        "img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "init_values", "dynamic_img_size", "global_pool",
        "num_classes", "qkv_bias", "class_token", "reg_tokens", "drop_rate",
        "drop_path_rate", "proj_drop_rate", "attn_drop_rate", "patch_drop_rate",
    ];

    public required JsonSection File { get; init; }

    public required JsonSection Arguments { get; init; }

    /// <summary><c>token</c>, <c>avg</c> or <c>map</c>.</summary>
    public required string Pool { get; init; }

    public required TowerConfig Tower { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="file">The section that messages name.</param>
    /// <param name="arguments">Arguments of the class.</param>
    /// <param name="pool">How it pools; null: as the architecture does.</param>
    /// <param name="imageSize">Side of its images as stated elsewhere.</param>
    /// <param name="architecture">What its name says.</param>
    public static TimmConfig Read(
        JsonSection file, JsonSection arguments, (string Key, string? Value) pool, Claim<int>? imageSize, TimmArchitecture architecture)
    {
        if (arguments.Keys.FirstOrDefault(key => !Understood.Contains(key)) is { } other)
            throw arguments.Refuse(other, $"this argument is not built; known are {string.Join(", ", Understood.Order())}");
        string chosen = arguments.Text("global_pool") ?? pool.Value ?? architecture.Pool;
        if (chosen is not ("token" or "avg" or "map"))
            throw file.Refuse(pool.Key, "built are \"token\", \"avg\" and \"map\"");
        Claim<int>? size = arguments.Side("img_size") is { } side ? arguments.Stated("img_size", side) : imageSize;
        return new()
        {
            File = file,
            Arguments = arguments,
            Pool = chosen,
            Tower = new()
            {
                Width = Stated(arguments, "embed_dim"),
                Depth = Stated(arguments, "depth"),
                Heads = Stated(arguments, "num_heads")
                    ?? new(architecture.Heads, false, $"architecture {architecture.Name} has {architecture.Heads} heads"),
                PatchSize = arguments.Side("patch_size") is { } patch ? arguments.Stated("patch_size", patch) : null,
                ImageSize = size,
                Epsilon = (float)architecture.Epsilon,
                Function = architecture.Function,
            },
        };
    }

    /// <summary>Reads a hub config.</summary>
    public static TimmConfig Read(JsonSection config, TimmArchitecture architecture)
    {
        JsonSection pretrained = config.Section("pretrained_cfg") ?? config;
        Claim<int>? size = pretrained.Integers("input_size") is [3, > 0 and var side, > 0 and var other] && side == other
            ? pretrained.Stated("input_size", side)
            : null;
        return Read(
            config,
            config.Section("model_args") ?? JsonSection.Empty(config.File, "model_args"),
            ("global_pool", config.Text("global_pool")),
            size,
            architecture);
    }

    private static Claim<int>? Stated(JsonSection arguments, string key) =>
        arguments.Integer(key) is { } value ? arguments.Stated(key, value) : null;
}
