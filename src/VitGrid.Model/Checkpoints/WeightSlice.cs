using System.Collections.Immutable;

namespace VitGrid.Model.Checkpoints;

/// <summary>
/// One weight as the encoder needs it: a stored tensor or a run of its rows, so that the q, k and v parts of a fused
/// <c>[3D, D]</c> matrix are three slices of the same bytes.
/// </summary>
/// <param name="Tensor">The stored tensor.</param>
/// <param name="Offset">Bytes from the start of the file to the slice's first element.</param>
/// <param name="Length">Bytes of the slice.</param>
/// <param name="Shape">The slice's dimensions, outermost first.</param>
public sealed record WeightSlice(TensorEntry Tensor, long Offset, long Length, ImmutableArray<long> Shape)
{
    /// <summary>The whole of <paramref name="tensor"/>.</summary>
    public static WeightSlice Whole(TensorEntry tensor) => new(tensor, tensor.Offset, tensor.Length, tensor.Shape);

    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> equal runs of rows of <paramref name="tensor"/>.</summary>
    public static WeightSlice Rows(TensorEntry tensor, int index, int parts)
    {
        long length = tensor.Length / parts;
        return new(tensor, tensor.Offset + (index * length), length, tensor.Shape.SetItem(0, tensor.Shape[0] / parts));
    }
}

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
    WeightSlice? LayerScale2);

/// <summary>
/// All weights of an encoder. <c>ClassToken</c> has D elements; <c>PositionEmbedding</c> has 1 + grid² rows of D, the class
/// token's first, then the grid row-major.
/// </summary>
public sealed record EncoderWeights(
    WeightSlice ClassToken,
    WeightSlice PositionEmbedding,
    LinearWeights PatchEmbedding,
    ImmutableArray<BlockWeights> Blocks);
