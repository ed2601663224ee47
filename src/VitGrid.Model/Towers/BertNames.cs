namespace VitGrid.Model.Towers;

/// <summary>
/// The names that most of transformers' vision classes inherited from BERT, as files on the Hub have them and as transformers 5 has them in
/// memory, in which older programs of our own wrote files.
/// </summary>
internal static class BertNames
{
    /// <summary>ViT as published: <c>encoder.layer.0.attention.attention.query</c>.</summary>
    public static TowerNames Published { get; } = new()
    {
        Naming = "transformers",
        ClassToken = "embeddings.cls_token",
        DistillationToken = "embeddings.distillation_token",
        Position = "embeddings.position_embeddings",
        PatchEmbedding = "embeddings.patch_embeddings.projection",
        FinalNorm = "layernorm",
        Block = "encoder.layer.",
        Norm1 = "layernorm_before",
        QueryKeyValue = ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
        Projection = "attention.output.dense",
        Norm2 = "layernorm_after",
        Fc1 = "intermediate.dense",
        Fc2 = "output.dense",
        Head = ["pooler"],
    };

    /// <summary>ViT in memory: <c>layers.0.attention.q_proj</c>.</summary>
    public static TowerNames InMemory { get; } = Published with
    {
        Naming = "transformers 5 in memory",
        Block = "layers.",
        QueryKeyValue = ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
        Projection = "attention.o_proj",
        Fc1 = "mlp.fc1",
        Fc2 = "mlp.fc2",
    };

    /// <summary>Both, with each of <paramref name="prefixes"/>.</summary>
    public static IEnumerable<TowerNames> With(params string[] prefixes) =>
        prefixes.SelectMany(prefix => new[] { Published with { Prefix = prefix }, InMemory with { Prefix = prefix } });
}
