using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// timm's hub config: an architecture's name, <c>model_args</c> that change it, and <c>pretrained_cfg</c>. The published one
/// states no dimension at all, so nearly everything is left to the tensors. So is the position embedding's size: timm resamples it on
/// loading, so whoever tuned at another size may have left the old one in the file.
/// </summary>
internal static class TimmConfig
{
    private const string InternViT = "vit_intern300m_patch14_448";

    /// <summary>timm's <c>VisionTransformer</c> makes both its norms with this epsilon.</summary>
    private const float Epsilon = 1e-6f;

    public static EncoderConfig Read(JsonSection config)
    {
        JsonSection arguments = config.Section("model_args") ?? JsonSection.Empty(config.File, "model_args");
        bool internViT = config.Text("architecture")!.Split('.')[0] == InternViT;
        RefuseOtherFunctions(config, arguments, internViT);
        return new EncoderConfig
        {
            Width = Stated(arguments, "embed_dim", arguments.Integer("embed_dim")),
            Depth = Stated(arguments, "depth", arguments.Integer("depth")),
            Heads = Heads(config, arguments, internViT),
            MlpWidth = MlpWidth(arguments),
            PatchSize = Stated(arguments, "patch_size", arguments.Side("patch_size")),
            ImageSize = null,
            Norm = Stated(arguments, "norm_layer", Norm(arguments)),
            QueryKeyNorm = Stated(arguments, "qk_norm", arguments.Flag("qk_norm")),
            QueryKeyValueBias = Stated(arguments, "qkv_bias", arguments.Flag("qkv_bias")),
            LayerScale = arguments.Number("init_values") is { } value ? arguments.Stated("init_values", value != 0) : null,
            NormEpsilon = Epsilon,
            QueryKeyNormEpsilon = Epsilon,
            Interpolation = PositionInterpolation.Timm,
        };
    }

    private static void RefuseOtherFunctions(JsonSection config, JsonSection arguments, bool internViT)
    {
        if (arguments.Flag("final_norm") ?? !internViT)
        {
            throw config.Refuse("architecture",
                $"its norm after the last block is not built; known is {InternViT}, or \"model_args\" with \"final_norm\": false");
        }
        if (arguments.Flag("pre_norm") is true)
            throw arguments.Refuse("pre_norm", "a norm before the first block is not built; only false is served");
        if (arguments.Flag("class_token") is false)
            throw arguments.Refuse("class_token", "an encoder without a class token is not built; only true is served");
        if (arguments.Flag("no_embed_class") is true)
            throw arguments.Refuse("no_embed_class", "a class token without position embedding is not built; only false is served");
        if (arguments.Integer("reg_tokens") is > 0)
            throw arguments.Refuse("reg_tokens", "register tokens are not built; only 0 is served");
        if (arguments.Text("act_layer") is not (null or "gelu"))
            throw arguments.Refuse("act_layer", "only \"gelu\" (exact, erf) is built");
    }

    private static Claim<int> Heads(JsonSection config, JsonSection arguments, bool internViT)
    {
        if (arguments.Integer("num_heads") is { } heads)
            return arguments.Stated("num_heads", heads);
        return internViT
            ? new Claim<int>(16, false, $"\"architecture\" {InternViT} in {config.File} has 16 heads")
            : throw arguments.Refuse("num_heads",
                $"it cannot be told from the tensors and is known for {InternViT} alone: state it in \"model_args\"");
    }

    /// <summary>timm takes <c>int(embed_dim * mlp_ratio)</c>; without embed_dim the ratio says nothing that could be checked.</summary>
    private static Claim<int>? MlpWidth(JsonSection arguments) =>
        arguments.Number("mlp_ratio") is { } ratio && arguments.Integer("embed_dim") is { } width
            ? arguments.Stated("mlp_ratio", (int)(width * ratio))
            : null;

    private static NormKind? Norm(JsonSection arguments) => arguments.Text("norm_layer") switch
    {
        null => null,
        "layernorm" => NormKind.LayerNorm,
        "rmsnorm" => NormKind.RmsNorm,
        _ => throw arguments.Refuse("norm_layer", "known are \"layernorm\" and \"rmsnorm\""),
    };

    private static Claim<T>? Stated<T>(JsonSection arguments, string key, T? value)
        where T : struct => value is { } stated ? arguments.Stated(key, stated) : null;
}
