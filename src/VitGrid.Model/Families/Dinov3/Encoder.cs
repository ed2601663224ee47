using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>
/// Patches → class token and registers in front → blocks that turn queries and keys of patches by where they lie → norm, which
/// <see cref="Towers.Tower"/> builds. No position is stored: any size is as good as another. The embedding is the class token after the
/// norm;
/// timm's is the mean of the patches.
/// </summary>
internal static class Encoder
{
    /// <summary>The poolings: class token and mean.</summary>
    public static PoolingFacts Poolings { get; } = new();

    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames { get; } =
        new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls };

    /// <summary>The rotations.</summary>
    public static RotaryFacts Rotary(double basis) => new(RotaryPairs.Halves, basis);

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(MlpFunction function, double rotaryBase) => new() { Function = function, Rotary = Rotary(rotaryBase) };
}
