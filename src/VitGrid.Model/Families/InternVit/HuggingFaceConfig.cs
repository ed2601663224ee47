using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// The config of OpenGVLab's own class and of the one built into transformers: the same keys but for two, and each its own
/// defaults for keys that are not stated.
/// </summary>
internal sealed record HuggingFaceConfig
{
    /// <summary>Defaults of <c>configuration_intern_vit.py</c>: the 6B model at 224 pixels.</summary>
    public static HuggingFaceConfig Original { get; } = new()
    {
        QueryKeyNormKey = "qk_normalization",
        QueryKeyValueBiasKey = "qkv_bias",
        Width = 3200,
        Depth = 48,
        Heads = 25,
        MlpWidth = 12800,
        ImageSize = 224,
        Norm = NormKind.RmsNorm,
        QueryKeyNorm = true,
    };

    /// <summary>Defaults of <c>configuration_internvl.py</c>: the 300M model, without q/k/v bias.</summary>
    public static HuggingFaceConfig Transformers { get; } = new()
    {
        QueryKeyNormKey = "use_qk_norm",
        QueryKeyValueBiasKey = "attention_bias",
        Width = 1024,
        Depth = 24,
        Heads = 16,
        MlpWidth = 4096,
        ImageSize = 448,
        Norm = NormKind.LayerNorm,
        QueryKeyNorm = false,
        FixedQueryKeyNormEpsilon = 1e-6f,
    };

    private const float DefaultEpsilon = 1e-6f;

    public required string QueryKeyNormKey { get; init; }

    public required string QueryKeyValueBiasKey { get; init; }

    public required int Width { get; init; }

    public required int Depth { get; init; }

    public required int Heads { get; init; }

    public required int MlpWidth { get; init; }

    public required int ImageSize { get; init; }

    public required NormKind Norm { get; init; }

    public required bool QueryKeyNorm { get; init; }

    public float? FixedQueryKeyNormEpsilon { get; init; }

    public EncoderConfig Read(JsonSection config)
    {
        RefuseOtherFunctions(config);
        float epsilon = Epsilon(config);
        return new EncoderConfig
        {
            Width = config.Claim("hidden_size", config.Integer("hidden_size"), Width),
            Depth = config.Claim("num_hidden_layers", config.Integer("num_hidden_layers"), Depth),
            Heads = config.Claim("num_attention_heads", config.Integer("num_attention_heads"), Heads),
            MlpWidth = config.Claim("intermediate_size", config.Integer("intermediate_size"), MlpWidth),
            PatchSize = config.Claim("patch_size", config.Side("patch_size"), 14),
            ImageSize = config.Claim("image_size", config.Side("image_size"), ImageSize),
            Norm = config.Claim("norm_type", NormType(config), Norm),
            QueryKeyNorm = config.Claim(QueryKeyNormKey, config.Flag(QueryKeyNormKey), QueryKeyNorm),
            QueryKeyValueBias = config.Claim(QueryKeyValueBiasKey, config.Flag(QueryKeyValueBiasKey), false),
            LayerScale = null,
            NormEpsilon = epsilon,
            QueryKeyNormEpsilon = FixedQueryKeyNormEpsilon ?? epsilon,
            Interpolation = PositionInterpolation.Original,
        };
    }

    private static void RefuseOtherFunctions(JsonSection config)
    {
        if (config.Text("hidden_act") is not (null or "gelu"))
            throw config.Refuse("hidden_act", "only \"gelu\" (exact, erf) is built");
        if (config.Integer("num_channels") is not (null or 3))
            throw config.Refuse("num_channels", "only 3 (red, green, blue) is served");
        if (config.Flag("use_mean_pooling") is false)
            throw config.Refuse("use_mean_pooling", "the norm after the last block that false adds is not built; only true is served");
    }

    private static NormKind? NormType(JsonSection config) => config.Text("norm_type") switch
    {
        null => null,
        "layer_norm" => NormKind.LayerNorm,
        "rms_norm" => NormKind.RmsNorm,
        _ => throw config.Refuse("norm_type", "known are \"layer_norm\" and \"rms_norm\""),
    };

    private static float Epsilon(JsonSection config)
    {
        float epsilon = (float)(config.Number("layer_norm_eps") ?? DefaultEpsilon);
        return epsilon is > 0 and < 1 ? epsilon : throw config.Refuse("layer_norm_eps", "expected a number above 0 and below 1");
    }
}
