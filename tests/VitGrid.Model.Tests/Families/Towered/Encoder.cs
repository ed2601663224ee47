using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>
/// Patches → class token and positions → registers → blocks → norm, which <see cref="Tower"/> builds. The embedding is the class token
/// after the norm.
/// </summary>
internal static class Encoder
{
    public static PoolingFacts Poolings { get; } = new();

    public static IReadOnlyDictionary<string, Pooling> PooledNames { get; } =
        new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls };

    public static TowerFacts Facts(MlpFunction function) => new() { Function = function };
}
