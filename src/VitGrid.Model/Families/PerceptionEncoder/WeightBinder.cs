using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.PerceptionEncoder;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The names of core.</summary>
    public static TowerNames Core { get; } = TimmNames.Common with { PreNorm = "norm_pre" };

    /// <summary>All.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Core];

    /// <summary>An attention that pools over all tokens, and a projection.</summary>
    public static ImmutableArray<StoredTensor> Head(int width, int projection) =>
        [.. TimmTower.AttentionTensors("attn_pool", width, 4 * width), .. StoredTensor.Linear("head", projection, width, true,
            Roles.HeadProjection)];
}
