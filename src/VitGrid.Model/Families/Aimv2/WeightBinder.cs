using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Aimv2;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>As Apple's files have them: fc1 is the gate, fc3 stands beside it.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "Apple",
        Position = "preprocessor.pos_embed",
        PatchEmbedding = "preprocessor.patchifier.proj",
        PatchNorm = "preprocessor.patchifier.norm",
        FinalNorm = "trunk.post_trunk_norm",
        Block = "trunk.blocks.",
        Norm1 = "norm_1",
        QueryKeyValue = ["attn.qkv"],
        Projection = "attn.proj",
        Norm2 = "norm_2",
        Gate = "mlp.fc1",
        Fc1 = "mlp.fc3",
        Fc2 = "mlp.fc2",
    };

    /// <summary>All, the likeliest first.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } = [Published, Transformers(), TimmNames.Common];

    /// <summary>A learned query, taken as it is, attends to all patches.</summary>
    public static ImmutableArray<StoredTensor> Head(TowerNames names, int width) =>
    [
        StoredTensor.Token(names.Outer("head.cls_token"), Roles.PoolQuery, 1, 1, width),
        .. StoredTensor.Linear(names.Outer("head.k_proj"), width, width, false, Roles.PoolKey),
        .. StoredTensor.Linear(names.Outer("head.v_proj"), width, width, false, Roles.PoolValue),
        .. StoredTensor.Linear(names.Outer("head.output_proj"), width, width, true, Roles.PoolProjection),
    ];

    private static TowerNames Transformers() => new()
    {
        Naming = "transformers",
        Position = "embeddings.position_embedding.weight",
        PositionRank = 2,
        PatchEmbedding = "embeddings.patch_embed",
        PatchNorm = "embeddings.rms_norm",
        FinalNorm = "rms_norm",
        Block = "encoder.layers.",
        Norm1 = "rms_norm1",
        QueryKeyValue = ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
        Projection = "attention.out_proj",
        Norm2 = "rms_norm2",
        Gate = "ffn.gate_proj",
        Fc1 = "ffn.up_proj",
        Fc2 = "ffn.down_proj",
        Head = ["head"],
    };
}
