using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Beit;

/// <summary>
/// Patches → class token → blocks whose attention adds what the table says of each pair of patches, which <see cref="Towers.Tower"/>
/// builds.
/// The embedding is the norm of the patches' mean, or the class token after a norm of all tokens; what was trained to restore images has
/// neither norm, and is served with the mean.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(bool poolsMean, bool hasPooler) => (poolsMean, hasPooler) switch
    {
        (true, true) => new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Head },
        (false, _) => new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls },
        _ => [],
    };

    /// <summary>The poolings.</summary>
    public static PoolingFacts Poolings(bool poolsMean, int head) =>
        new() { HeadWidth = head, Default = head > 0 ? Pooling.Head : poolsMean ? Pooling.Mean : Pooling.Cls };

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(MlpFunction function) => new() { Function = function, HeadFrom = HeadSource.Mean };
}
