using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Clip;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The projection, which lies outside the tower.</summary>
    public const string Projection = "visual_projection.weight";

    private const string ClassNorm = "post_layernorm";

    /// <summary>As files on the Hub have them. The misspelt norm is the class's own.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "transformers",
        Prefix = "vision_model.",
        ClassToken = "embeddings.class_embedding",
        ClassTokenRank = 1,
        Position = "embeddings.position_embedding.weight",
        PositionRank = 2,
        PatchEmbedding = "embeddings.patch_embedding",
        PreNorm = "pre_layrnorm",
        Block = "encoder.layers.",
        Norm1 = "layer_norm1",
        QueryKeyValue = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        Projection = "self_attn.out_proj",
        Norm2 = "layer_norm2",
        Fc1 = "mlp.fc1",
        Fc2 = "mlp.fc2",
        Head = [ClassNorm],
    };

    /// <summary>All; the class saves its image tower alone without a prefix.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Published, Published with { Prefix = "" }, TimmNames.Common];

    /// <summary>The class token's norm and the projection, if it is there.</summary>
    public static ImmutableArray<StoredTensor> Head(TowerNames names, int width, int projection) =>
    [
        .. StoredTensor.Norm(names.Outer(ClassNorm), Roles.ClassNorm, width),
        .. projection > 0
            ? [new StoredTensor(new(Projection, WeightKind.Matrix, [projection, width]), [Roles.Weight(Roles.HeadProjection)])]
            : ImmutableArray<StoredTensor>.Empty,
    ];
}
