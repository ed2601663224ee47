using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>
/// Patches → class token and positions → norm → blocks → norm → projection of the class token, which <see cref="Towers.Tower"/> builds; or
/// the
/// graph of a timm encoder. The embedding is what the model compares with texts.
/// </summary>
internal static class Encoder
{
    /// <summary>Published names of its vectors.</summary>
    public static IReadOnlyDictionary<string, Pooling> PooledNames(PoolingFacts poolings) =>
        new Dictionary<string, Pooling> { ["image_embeds"] = poolings.Default };

    /// <summary>The poolings of a tower of its own.</summary>
    public static PoolingFacts Poolings(int projection) =>
        new() { HeadWidth = projection, Default = projection > 0 ? Pooling.Head : Pooling.Cls };

    /// <summary>The graph's facts.</summary>
    public static TowerFacts Facts(MlpFunction function) =>
        new() { Function = function, HeadFrom = HeadSource.Class, ProjectionByColumns = true };
}
