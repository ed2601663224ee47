using System.Numerics.Tensors;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Caching;

/// <summary>
/// What caches keep of an image that was cut into tiles: columns, rows, whether there is a thumbnail, which are exact in half precision;
/// behind them the numbers of each tile in their order. Pure.
/// </summary>
internal static class TiledVector
{
    private const int Head = 3;

    /// <summary>Puts the inputs of an image behind its grid.</summary>
    public static float[] Pack(TileGrid grid, IReadOnlyCollection<ReadOnlyMemory<float>> inputs)
    {
        float[] packed = new float[Head + inputs.Sum(input => input.Length)];
        (packed[0], packed[1], packed[2]) = (grid.Columns, grid.Rows, grid.Thumbnail ? 1 : 0);
        int at = Head;
        foreach (ReadOnlyMemory<float> input in inputs)
        {
            input.Span.CopyTo(packed.AsSpan(at));
            at += input.Length;
        }
        return packed;
    }

    /// <summary>The grid of a packed image; null where the numbers are none of inputs of <paramref name="width"/> each.</summary>
    public static TileGrid? GridOf(ReadOnlySpan<float> packed, int width)
    {
        if (packed.Length < Head || !IsSide(packed[0]) || !IsSide(packed[1]) || packed[2] is not (0 or 1))
            return null;
        TileGrid grid = new((int)packed[0], (int)packed[1], packed[2] == 1);
        return packed.Length == Head + (grid.Inputs * (long)width) ? grid : null;
    }

    /// <summary>The inputs of a packed image, which share its memory.</summary>
    public static ReadOnlyMemory<float>[] InputsOf(ReadOnlyMemory<float> packed, int width) =>
        [.. Enumerable.Range(0, (packed.Length - Head) / width).Select(input => packed.Slice(Head + (input * width), width))];

    /// <summary>The mean of vectors, summed in double from first to last.</summary>
    public static float[] Mean(IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        double[] sums = new double[vectors[0].Length];
        double[] wide = new double[sums.Length];
        foreach (ReadOnlyMemory<float> vector in vectors)
        {
            TensorPrimitives.ConvertChecked<float, double>(vector.Span, wide);
            TensorPrimitives.Add<double>(sums, wide, sums);
        }
        return Array.ConvertAll(sums, sum => (float)(sum / vectors.Count));
    }

    private static bool IsSide(float number) => number is >= 1 and <= ImageTiling.MaxTiles && float.IsInteger(number);
}
