using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.SigLip;

/// <summary>
/// Patches → positions → blocks → norm, which <see cref="Tower"/> builds; there is no class token. The embedding is what a learned query
/// gathers from all patches, the head; without one it is their mean.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(bool hasHead) =>
        hasHead ? new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Head, ["image_embeds"] = Pooling.Head } : [];

    /// <summary>The poolings: the head by default.</summary>
    public static PoolingFacts Poolings(int head) =>
        new() { ClassToken = false, HeadWidth = head, Default = head > 0 ? Pooling.Head : Pooling.Mean };

    /// <summary>The graph's facts; the head's attention and function are as the blocks'.</summary>
    public static TowerFacts Facts(TowerConfig config) => new()
    {
        Function = config.Function,
        HeadFrom = HeadSource.Attention,
        PoolHeads = config.Heads.Value,
        PoolFunction = config.Function,
        PoolEpsilon = config.Epsilon,
    };
}
