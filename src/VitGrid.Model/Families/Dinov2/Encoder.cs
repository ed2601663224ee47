using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Dinov2;

/// <summary>
/// Patches → class token and positions → registers → blocks → norm, which <see cref="Towers.Tower"/> builds. The embedding is the class
/// token
/// after the norm. Images mostly have another size than the stored positions (224 of 518), which are fitted: bicubic, with registers
/// antialiased.
/// </summary>
internal static class Encoder
{
    /// <summary>The poolings: class token and mean.</summary>
    public static PoolingFacts Poolings { get; } = new();

    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames { get; } =
        new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls };

    /// <summary>The gated MLP has SiLU, whatever the config calls its function.</summary>
    public static TowerFacts Facts(MlpFunction function, bool gated) => new() { Function = gated ? MlpFunction.Silu : function };
}
