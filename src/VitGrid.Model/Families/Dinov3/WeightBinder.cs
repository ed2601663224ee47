using System.Collections.Immutable;
using VitGrid.Model.Towers;
using VitGrid.Model.Towers.Timm;

namespace VitGrid.Model.Families.Dinov3;

/// <summary>Which stored tensor has which role.</summary>
internal static class WeightBinder
{
    /// <summary>As files on the Hub have them. The gate is there in some sizes only.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "transformers",
        ClassToken = "embeddings.cls_token",
        RegisterTokens = "embeddings.register_tokens",
        PatchEmbedding = "embeddings.patch_embeddings",
        FinalNorm = "norm",
        Block = "layer.",
        Norm1 = "norm1",
        QueryKeyValue = ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
        Projection = "attention.o_proj",
        LayerScale1 = "layer_scale1.lambda1",
        Norm2 = "norm2",
        Gate = "mlp.gate_proj",
        Fc1 = "mlp.up_proj",
        Fc2 = "mlp.down_proj",
        LayerScale2 = "layer_scale2.lambda1",
    };

    /// <summary>All, the likeliest first.</summary>
    public static ImmutableArray<TowerNames> Schemes { get; } =
        [Published, Published with { Naming = "transformers 5 in memory", Block = "model.layer." }, TimmNames.Common];
}
