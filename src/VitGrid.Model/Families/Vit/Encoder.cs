using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Vit;

/// <summary>
/// Patches → class token and positions → blocks → norm, which <see cref="Towers.Tower"/> builds. The embedding is the class token after the
/// norm; the head, where a checkpoint has one, is tanh of a dense layer over it. MAE sees all patches, in order.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(bool hasPooler) =>
        hasPooler ? new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Head } : [];

    /// <summary>The poolings: the class token by default.</summary>
    public static PoolingFacts Poolings(int head) => new() { HeadWidth = head };

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(MlpFunction function) => new() { Function = function, HeadFrom = HeadSource.Class };
}
