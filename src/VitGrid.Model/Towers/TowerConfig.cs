using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers;

/// <summary>What a config claims of a vision transformer; what the tensors say themselves may be left open.</summary>
internal sealed record TowerConfig
{
    public Claim<int>? Width { get; init; }

    public Claim<int>? Depth { get; init; }

    public required Claim<int> Heads { get; init; }

    public Claim<int>? MlpWidth { get; init; }

    public Claim<int>? PatchSize { get; init; }

    /// <summary>Side of the images that positions are for.</summary>
    public Claim<int>? ImageSize { get; init; }

    public required float Epsilon { get; init; }

    public required MlpFunction Function { get; init; }

    /// <summary>Reads the keys that transformers' classes share.</summary>
    /// <param name="section">The encoder's config.</param>
    /// <param name="defaults">What the class takes for keys that are not stated.</param>
    /// <param name="epsilonKey">The norms' epsilon.</param>
    public static TowerConfig Read(JsonSection section, TowerDefaults defaults, string epsilonKey = "layer_norm_eps") => new()
    {
        Width = section.Claim("hidden_size", section.Integer("hidden_size"), defaults.Width),
        Depth = section.Claim("num_hidden_layers", section.Integer("num_hidden_layers"), defaults.Depth),
        Heads = section.Claim("num_attention_heads", section.Integer("num_attention_heads"), defaults.Heads),
        MlpWidth = defaults.MlpWidth > 0
            ? section.Claim("intermediate_size", section.Integer("intermediate_size"), defaults.MlpWidth)
            : null,
        PatchSize = section.Claim("patch_size", section.Side("patch_size"), defaults.PatchSize),
        ImageSize = section.Claim("image_size", section.Side("image_size"), defaults.ImageSize),
        Epsilon = (float)(section.Number(epsilonKey) ?? defaults.Epsilon),
        Function = ReadFunction(section, "hidden_act", defaults.Function),
    };

    /// <summary>Reads the name of the MLP's function.</summary>
    /// <exception cref="Tensors.CheckpointException">It is not one of those that are built.</exception>
    public static MlpFunction ReadFunction(JsonSection section, string key, MlpFunction fallback) => section.Text(key) switch
    {
        null => fallback,
        "gelu" => MlpFunction.Gelu,
        "gelu_tanh" or "gelu_pytorch_tanh" or "gelu_new" => MlpFunction.TanhGelu,
        "quick_gelu" or "quickgelu" => MlpFunction.QuickGelu,
        "silu" or "swish" => MlpFunction.Silu,
        _ => throw section.Refuse(key, "built are \"gelu\", \"gelu_pytorch_tanh\", \"quick_gelu\" and \"silu\""),
    };

    /// <summary>The name of a function as configs of transformers have it.</summary>
    public static string Name(MlpFunction function) => function switch
    {
        MlpFunction.TanhGelu => "gelu_pytorch_tanh",
        MlpFunction.QuickGelu => "quick_gelu",
        MlpFunction.Silu => "silu",
        _ => "gelu",
    };
}

/// <summary>What a class of transformers takes for keys that a config does not state.</summary>
internal sealed record TowerDefaults
{
    public int Width { get; init; } = 768;

    public int Depth { get; init; } = 12;

    public int Heads { get; init; } = 12;

    /// <summary>0: the class has no such key.</summary>
    public int MlpWidth { get; init; } = 3072;

    public int PatchSize { get; init; } = 16;

    public int ImageSize { get; init; } = 224;

    public required double Epsilon { get; init; }

    public MlpFunction Function { get; init; }
}
