using System.Collections.Immutable;

namespace VitGrid.Model.Tensors;

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

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, side) => product * side);

    /// <summary>Rows of the slice's elements read as a matrix.</summary>
    /// <param name="first">Elements before them.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="width">Elements of a row.</param>
    public WeightSlice Part(long first, long rows, long width)
    {
        long element = Length / Elements;
        return new(Tensor, Offset + (first * element), rows * width * element, [rows, width]);
    }
}
