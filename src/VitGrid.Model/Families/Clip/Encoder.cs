using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.Clip;

/// <summary>
/// Patches → class token and positions → norm → blocks, which <see cref="Towers.Tower"/> builds. The last hidden state is not normed, the
/// class
/// token alone is; the embedding is its projection into the space that images and texts share.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(int projection) => projection > 0
        ? new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls, ["image_embeds"] = Pooling.Head }
        : new Dictionary<string, Pooling> { ["pooler_output"] = Pooling.Cls };

    /// <summary>The poolings: with a projection, its vector by default.</summary>
    public static PoolingFacts Poolings(int projection) =>
        new() { HeadWidth = projection, Default = projection > 0 ? Pooling.Head : Pooling.Cls };

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(MlpFunction function) => new() { Function = function, HeadFrom = HeadSource.Class };
}
