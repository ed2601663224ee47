using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers.Timm;

/// <summary>timm's names, which differ between its classes in few places.</summary>
internal static class TimmNames
{
    /// <summary>The patch embedding, by which such a checkpoint is told.</summary>
    public const string PatchEmbedding = "patch_embed.proj";

    /// <summary>What most have.</summary>
    public static TowerNames Common { get; } = new()
    {
        Naming = "timm",
        ClassToken = "cls_token",
        DistillationToken = "dist_token",
        RegisterTokens = "reg_token",
        Position = "pos_embed",
        PatchEmbedding = PatchEmbedding,
        FinalNorm = "norm",
        Block = "blocks.",
        Norm1 = "norm1",
        QueryKeyValue = ["attn.qkv"],
        SeparateBiases = ("attn.q_bias", "attn.v_bias"),
        RelativePosition = "attn.relative_position_bias_table",
        AttentionNorm = "attn.norm",
        Projection = "attn.proj",
        LayerScale1 = "ls1.gamma",
        Norm2 = "norm2",
        Fc1 = "mlp.fc1",
        MlpNorm = "mlp.norm",
        Fc2 = "mlp.fc2",
        LayerScale2 = "ls2.gamma",
        Head = ["attn_pool", "fc_norm", "head"],
    };

    /// <summary>The names that a checkpoint of <paramref name="architecture"/> has, told by its first block.</summary>
    public static TowerNames Find(TensorStore store, string prefix, TimmArchitecture architecture)
    {
        TowerNames names = Common with
        {
            Prefix = prefix,
            PatchNorm = architecture.PatchNorm ? "patch_embed.norm" : null,
            PreNorm = architecture.PreNorm ? "norm_pre" : null,
        };
        bool Has(string name) => store.Tensors.ContainsKey(names.Inner(0, name));
        if (Has("attn.q_proj.weight"))
            names = names with { QueryKeyValue = ["attn.q_proj", "attn.k_proj", "attn.v_proj"] };
        if (Has("mlp.fc1_g.weight"))
            names = names with { Gate = "mlp.fc1_g", Fc1 = "mlp.fc1_x" };
        return Has("gamma_1") ? names with { LayerScale1 = "gamma_1", LayerScale2 = "gamma_2" } : names;
    }
}
