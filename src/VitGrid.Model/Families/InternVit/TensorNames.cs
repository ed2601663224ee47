using System.Collections.Immutable;
using System.Globalization;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// A naming scheme as data: what each weight of the encoder is called. Linear layers and norms are named by their stem, to
/// which <c>.weight</c> and <c>.bias</c> are added; names inside a block follow <see cref="Block"/>, its number and a dot.
/// </summary>
internal sealed record TensorNames
{
    public static ImmutableArray<TensorNames> Schemes { get; } =
    [
        new()
        {
            Scheme = NamingScheme.Original,
            ClassToken = "embeddings.class_embedding",
            PositionEmbedding = "embeddings.position_embedding",
            PatchEmbedding = "embeddings.patch_embedding",
            Block = "encoder.layers.",
            Norm1 = "norm1",
            QueryKeyValue = ["attn.qkv"],
            QueryNorm = "attn.q_norm",
            KeyNorm = "attn.k_norm",
            Projection = "attn.proj",
            LayerScale1 = "ls1",
            Norm2 = "norm2",
            Fc1 = "mlp.fc1",
            Fc2 = "mlp.fc2",
            LayerScale2 = "ls2",
        },
        new()
        {
            Scheme = NamingScheme.Timm,
            ClassToken = "cls_token",
            PositionEmbedding = "pos_embed",
            PatchEmbedding = "patch_embed.proj",
            Block = "blocks.",
            Norm1 = "norm1",
            QueryKeyValue = ["attn.qkv"],
            QueryNorm = "attn.q_norm",
            KeyNorm = "attn.k_norm",
            Projection = "attn.proj",
            LayerScale1 = "ls1.gamma",
            Norm2 = "norm2",
            Fc1 = "mlp.fc1",
            Fc2 = "mlp.fc2",
            LayerScale2 = "ls2.gamma",
        },
        new()
        {
            Scheme = NamingScheme.Transformers,
            ClassToken = "embeddings.cls_token",
            PositionEmbedding = "embeddings.position_embeddings",
            PatchEmbedding = "embeddings.patch_embeddings.projection",
            Block = "encoder.layer.",
            Norm1 = "layernorm_before",
            QueryKeyValue = ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
            QueryNorm = "attention.q_norm",
            KeyNorm = "attention.k_norm",
            Projection = "attention.projection_layer",
            LayerScale1 = "lambda_1",
            Norm2 = "layernorm_after",
            Fc1 = "mlp.fc1",
            Fc2 = "mlp.fc2",
            LayerScale2 = "lambda_2",
        },
    ];

    public required NamingScheme Scheme { get; init; }

    /// <summary>What stands before every name in a chat model's checkpoint.</summary>
    public string Prefix { get; init; } = "";

    public required string ClassToken { get; init; }

    public required string PositionEmbedding { get; init; }

    public required string PatchEmbedding { get; init; }

    public required string Block { get; init; }

    public required string Norm1 { get; init; }

    /// <summary>One stem for rows q, k, v of one matrix, or three.</summary>
    public required ImmutableArray<string> QueryKeyValue { get; init; }

    public required string QueryNorm { get; init; }

    public required string KeyNorm { get; init; }

    public required string Projection { get; init; }

    public required string LayerScale1 { get; init; }

    public required string Norm2 { get; init; }

    public required string Fc1 { get; init; }

    public required string Fc2 { get; init; }

    public required string LayerScale2 { get; init; }

    public static string Weight(string stem) => stem + ".weight";

    public static string Bias(string stem) => stem + ".bias";

    /// <summary>Full name of a weight outside the blocks.</summary>
    public string Outer(string name) => Prefix + name;

    /// <summary>Full name of a weight of block <paramref name="block"/>.</summary>
    public string Inner(int block, string name) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Block}{block}.{name}");

    /// <summary>
    /// Whether <paramref name="name"/> belongs to the encoder, though it may not be one that is read, such as a quantised weight's scale.
    /// </summary>
    public bool Owns(string name) =>
        Split(name) is not null
        || new[] { ClassToken, PositionEmbedding, PatchEmbedding }.Any(outer => IsOrExtends(name, Outer(outer)));

    private static bool IsOrExtends(string name, string stem) =>
        name.StartsWith(stem, StringComparison.Ordinal) && (name.Length == stem.Length || name[stem.Length] == '.');

    /// <summary>The block number and the rest of <paramref name="name"/>, or null when it is not a block's.</summary>
    public (int Block, string Name)? Split(string name)
    {
        string start = Prefix + Block;
        int dot = name.StartsWith(start, StringComparison.Ordinal) ? name.IndexOf('.', start.Length) : -1;
        if (dot < 0 || !int.TryParse(name[start.Length..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int block))
            return null;
        string inner = name[(dot + 1)..];
        return Inner(block, inner) == name ? (block, inner) : null;
    }
}
