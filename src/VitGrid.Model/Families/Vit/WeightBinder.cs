using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Vit;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The dense layer of the pooler.</summary>
    public const string Dense = "pooler.dense";

    /// <summary>All, the likeliest first.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [.. BertNames.With("", "vit.", "deit."), TimmNames.Common];

    /// <summary>The pooler.</summary>
    public static ImmutableArray<StoredTensor> Head(TowerNames names, int width) =>
        [.. StoredTensor.Linear(names.Outer(Dense), width, width, true, Roles.Dense)];
}
