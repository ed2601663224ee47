using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.SigLip;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>The query of the attention that pools.</summary>
    public const string Probe = "head.probe";

    /// <summary>The first layer of its MLP.</summary>
    public const string HeadFc1 = "head.mlp.fc1";

    /// <summary>The linear layer that ends the text tower.</summary>
    public const string TextHead = "head";

    /// <summary>As files on the Hub have them.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "transformers",
        Prefix = "vision_model.",
        Position = "embeddings.position_embedding.weight",
        PositionRank = 2,
        PatchEmbedding = "embeddings.patch_embedding",
        FinalNorm = "post_layernorm",
        Block = "encoder.layers.",
        Norm1 = "layer_norm1",
        QueryKeyValue = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        Projection = "self_attn.out_proj",
        Norm2 = "layer_norm2",
        Fc1 = "mlp.fc1",
        Fc2 = "mlp.fc2",
        Head = ["head"],
    };

    /// <summary>All; the class saves its image tower alone without a prefix.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Published, Published with { Prefix = "" }, TimmNames.Common];

    /// <summary>The attention that pools: rows of one matrix are its query's, key's and value's layers.</summary>
    public static ImmutableArray<StoredTensor> Head(TowerNames names, int width, int mlpWidth) =>
    [
        StoredTensor.Token(names.Outer(Probe), Roles.PoolQuery, 1, 1, width),
        .. StoredTensor.Linear(
            names.Outer("head.attention.in_proj_"), 3 * width, width, true, Roles.PoolQueryProjection, Roles.PoolKey, Roles.PoolValue),
        .. StoredTensor.Linear(names.Outer("head.attention.out_proj"), width, width, true, Roles.PoolProjection),
        .. StoredTensor.Norm(names.Outer("head.layernorm"), Roles.PoolNorm, width),
        .. StoredTensor.Linear(names.Outer(HeadFc1), mlpWidth, width, true, Roles.PoolFc1),
        .. StoredTensor.Linear(names.Outer("head.mlp.fc2"), width, mlpWidth, true, Roles.PoolFc2),
    ];
}
