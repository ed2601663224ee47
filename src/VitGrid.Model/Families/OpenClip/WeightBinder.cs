using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.OpenClip;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>What stands before the names of a timm encoder.</summary>
    public const string Trunk = "visual.trunk.";

    /// <summary>The projection of a tower of its own, [in, out].</summary>
    public const string Projection = "visual.proj";

    /// <summary>The projection after a timm encoder.</summary>
    public const string TrunkProjection = "visual.head.proj.weight";

    /// <summary>A tower of its own. A stem that ends in an underscore has no dot before what follows.</summary>
    public static TowerNames Own { get; } = new()
    {
        Naming = "OpenCLIP",
        Prefix = "visual.",
        ClassToken = "class_embedding",
        ClassTokenRank = 1,
        Position = "positional_embedding",
        PositionRank = 2,
        PatchEmbedding = "conv1",
        PreNorm = "ln_pre",
        FinalNorm = "ln_post",
        Block = "transformer.resblocks.",
        Norm1 = "ln_1",
        QueryKeyValue = ["attn.in_proj_"],
        Projection = "attn.out_proj",
        Norm2 = "ln_2",
        Fc1 = "mlp.c_fc",
        Fc2 = "mlp.c_proj",
        Head = ["proj"],
    };

    /// <summary>All.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Own, TimmNames.Common with { Prefix = Trunk }];

    /// <summary>The projection of a tower of its own, if it is there.</summary>
    public static ImmutableArray<StoredTensor> Head(int width, int projection) => projection > 0
        ? [new(new(Projection, WeightKind.Matrix, [width, projection]), [Roles.Weight(Roles.HeadProjection)])]
        : [];

    /// <summary>The projection after a timm encoder.</summary>
    public static ImmutableArray<StoredTensor> LinearHead(int width, int projection) =>
        [new(new(TrunkProjection, WeightKind.Matrix, [projection, width]), [Roles.Weight(Roles.HeadProjection)])];
}
