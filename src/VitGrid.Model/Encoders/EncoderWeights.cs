using System.Collections.Immutable;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Encoders;

/// <summary>
/// A linear layer <c>y = x Wᵀ + b</c>. <c>Weight</c> is [out, in] (the patch embedding's [D, 3, P, P]); <c>Bias</c> is [out]. Where there
/// is a <c>Scale</c>, [out], <c>Weight</c> is signed bytes [in, out], and the weight they stand for is each times its column's scale.
/// </summary>
public sealed record LinearWeights(WeightSlice Weight, WeightSlice? Bias, WeightSlice? Scale = null);

/// <summary>A norm over the width. <c>Bias</c> is null for RMSNorm.</summary>
public sealed record NormWeights(WeightSlice Weight, WeightSlice? Bias);

/// <summary>
/// One encoder block. <c>QueryNorm</c> and <c>KeyNorm</c> run over the full width before the heads are split;
/// <c>LayerScale1</c> and <c>LayerScale2</c> are [D]. Absent parts are null.
/// </summary>
public sealed record BlockWeights(
    NormWeights Norm1,
    LinearWeights Query,
    LinearWeights Key,
    LinearWeights Value,
    NormWeights? QueryNorm,
    NormWeights? KeyNorm,
    LinearWeights Projection,
    WeightSlice? LayerScale1,
    NormWeights Norm2,
    LinearWeights Fc1,
    LinearWeights Fc2,
    WeightSlice? LayerScale2)
{
    /// <summary>The MLP's gate, beside <c>Fc1</c>: act(gate) · fc1. Null where there is none.</summary>
    public LinearWeights? Gate { get; init; }

    /// <summary>A norm of what attention mixed, before its projection; null where there is none.</summary>
    public NormWeights? AttentionNorm { get; init; }

    /// <summary>A norm inside the MLP, before <c>Fc2</c>; null where there is none.</summary>
    public NormWeights? MlpNorm { get; init; }

    /// <summary>What else a family's blocks have, by role; the same roles in every block.</summary>
    public ImmutableArray<RoleWeight> Others { get; init; } = [];
}

/// <summary>A weight that only some families have, known by its role alone.</summary>
/// <param name="Role">What it does, such as <c>register_tokens</c>; unique within its encoder or block.</param>
/// <param name="Slice">Where it lies.</param>
public sealed record RoleWeight(string Role, WeightSlice Slice);

/// <summary>
/// All weights of an encoder. <c>ClassToken</c> has D elements; <c>PositionEmbedding</c> has a row of D for each token that has a position,
/// the class token's first, then the grid row-major. Absent parts are null: a text tower has no <c>PatchEmbedding</c>, but a table of
/// tokens among <c>Others</c>.
/// </summary>
public sealed record EncoderWeights(
    WeightSlice? ClassToken,
    WeightSlice? PositionEmbedding,
    LinearWeights? PatchEmbedding,
    ImmutableArray<BlockWeights> Blocks)
{
    /// <summary>The role of a text tower's table of tokens, [V, D].</summary>
    public const string TokenEmbedding = "token_embedding";

    /// <summary>What else a family has outside its blocks, by role: registers, a final norm.</summary>
    public ImmutableArray<RoleWeight> Others { get; init; } = [];

    /// <summary>Finds a weight of <see cref="Others"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none of that role.</exception>
    public WeightSlice Other(string role) => Others.First(weight => weight.Role == role).Slice;

    /// <summary>Finds a weight of <see cref="Others"/>; null where there is none of that role.</summary>
    public WeightSlice? Find(string role) => Others.FirstOrDefault(weight => weight.Role == role)?.Slice;
}
