using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>
/// Patches → norm → positions → blocks → norm, which <see cref="Tower"/> builds; there is no class token. The embedding is the mean of the
/// patches; of checkpoints with a head, what its query gathers. The class fits positions to no other size.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(bool hasHead) =>
        hasHead ? new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Head } : [];

    /// <summary>The poolings.</summary>
    public static PoolingFacts Poolings(int head) =>
        new() { ClassToken = false, HeadWidth = head, Default = head > 0 ? Pooling.Head : Pooling.Mean };

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(TowerConfig config) =>
        new() { Function = config.Function, HeadFrom = HeadSource.Attention, PoolHeads = config.Heads.Value };
}
