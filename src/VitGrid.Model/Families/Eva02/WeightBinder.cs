using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Eva02;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The norm of the mean.</summary>
    public const string MeanNorm = "fc_norm";

    /// <summary>Of the small ones.</summary>
    public static TowerNames Fused => TimmNames.Common;

    /// <summary>Of the large ones.</summary>
    public static TowerNames Apart { get; } = TimmNames.Common with
    {
        QueryKeyValue = ["attn.q_proj", "attn.k_proj", "attn.v_proj"],
        Gate = "mlp.fc1_g",
        Fc1 = "mlp.fc1_x",
    };

    /// <summary>All.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Fused, Apart];
}
