using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VitGrid.Runtime.Images;

/// <summary>Columns left … left + count − 1 of a resized row, in units of full scale.</summary>
internal sealed class FloatColumns : IDisposable
{
    private const int Lanes = 8;
    private const int PixelsPerVector = 2;
    private const float FullScale = 255;

    private readonly int _count;
    private readonly int[] _starts;
    private readonly int[] _vectors;
    private readonly float[] _table;

    public FloatColumns(ResampleAxis axis, long left, int count)
    {
        _count = count;
        _starts = ArrayPool<int>.Shared.Rent(count);
        _vectors = ArrayPool<int>.Shared.Rent(count);
        _table = ArrayPool<float>.Shared.Rent(count * TableEntries(axis));
        float[] weights = ArrayPool<float>.Shared.Rent(axis.MaxTaps);
        int entries = 0;
        for (int column = 0; column < count; column++)
        {
            (_starts[column], int taps) = axis.Unchanged ? ((int)left + column, 1) : axis.Taps(left + column);
            _vectors[column] = VectorsOf(taps);
            if (axis.Unchanged)
                weights[0] = 1;
            else
                axis.Weights(left + column, weights.AsSpan(0, taps));
            Spread(weights.AsSpan(0, taps), _table.AsSpan(entries, _vectors[column] * Lanes));
            entries += _vectors[column] * Lanes;
        }
        ArrayPool<float>.Shared.Return(weights);
    }

    /// <summary>Table entries, of four bytes, that one column takes at most.</summary>
    public static int TableEntries(ResampleAxis axis) => VectorsOf(axis.MaxTaps) * Lanes;

    /// <summary>Resizes one row; <paramref name="source"/> begins with it and goes on for the slack behind an image.</summary>
    public void Run(ReadOnlySpan<byte> source, Span<float> line)
    {
        ref float weights = ref MemoryMarshal.GetArrayDataReference(_table);
        for (int column = 0; column < _count; column++)
        {
            // Bounds are checked once a column: the loads below run over by two samples, which weigh nothing.
            const int Overread = Lanes - (PixelsPerVector * Raster.PixelBytes);
            int bytes = (_vectors[column] * PixelsPerVector * Raster.PixelBytes) + Overread;
            ref byte pixels = ref MemoryMarshal.GetReference(source.Slice(_starts[column] * Raster.PixelBytes, bytes));
            Vector256<float> sum = Vector256<float>.Zero;
            for (int vector = _vectors[column]; vector > 0; vector--)
            {
                sum += Load(ref pixels) * Vector256.LoadUnsafe(ref weights);
                weights = ref Unsafe.Add(ref weights, Lanes);
                pixels = ref Unsafe.Add(ref pixels, PixelsPerVector * Raster.PixelBytes);
            }
            Span<float> pixel = line.Slice(column * Raster.PixelBytes, Raster.PixelBytes);
            pixel[2] = (sum[2] + sum[5]) / FullScale;
            pixel[1] = (sum[1] + sum[4]) / FullScale;
            pixel[0] = (sum[0] + sum[3]) / FullScale;
        }
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_vectors);
        ArrayPool<float>.Shared.Return(_table);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ref byte pixels)
    {
        Vector128<byte> bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref pixels)).AsByte();
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector256.ConvertToSingle(Vector256.Create(lower, upper).AsInt32());
    }

    private static int VectorsOf(int taps) => (taps + PixelsPerVector - 1) / PixelsPerVector;

    private static void Spread(ReadOnlySpan<float> weights, Span<float> lanes)
    {
        lanes.Clear();
        for (int tap = 0; tap < weights.Length; tap++)
        {
            int lane = (tap / PixelsPerVector * Lanes) + (tap % PixelsPerVector * Raster.PixelBytes);
            lanes.Slice(lane, Raster.PixelBytes).Fill(weights[tap]);
        }
    }
}

/// <summary>Rows top … top + count − 1 of a resized image, summed up in place while source rows come in order.</summary>
internal sealed class FloatRows(ResampleAxis axis, long top, int count, int rowSamples) : IDisposable
{
    // Weights of the result rows that have begun and not ended: a few.
    private readonly float[]?[] _weights = new float[count][];
    private readonly float[] _line = ArrayPool<float>.Shared.Rent(rowSamples);
    private int _next;

    /// <summary>
    /// Resizes all rows that are needed of <paramref name="source"/>, one result row every <paramref name="stride"/> numbers.
    /// </summary>
    public void Run(PixelView source, FloatColumns columns, Span<float> result, int stride)
    {
        (int first, int rows) = axis.Extent(top, count);
        Span<float> line = _line.AsSpan(0, rowSamples);
        for (int row = first; row < first + rows; row++)
        {
            columns.Run(source.Bytes[(row * source.Stride)..], line);
            Add(row, line, result, stride);
        }
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_line);
        foreach (float[]? weights in _weights)
        {
            if (weights is not null)
                ArrayPool<float>.Shared.Return(weights);
        }
    }

    private void Add(int row, ReadOnlySpan<float> line, Span<float> result, int stride)
    {
        for (int index = _next; index < count; index++)
        {
            (int first, int taps) = axis.Unchanged ? ((int)top + index, 1) : axis.Taps(top + index);
            if (row < first)
                return;
            Span<float> sums = result.Slice(index * stride, rowSamples);
            if (row == first)
                Begin(index, taps, sums);
            TensorPrimitives.MultiplyAdd(line, _weights[index]![row - first], sums, sums);
            if (row == first + taps - 1)
                End(index);
        }
    }

    private void Begin(int index, int taps, Span<float> sums)
    {
        sums.Clear();
        float[] weights = ArrayPool<float>.Shared.Rent(taps);
        if (axis.Unchanged)
            weights[0] = 1;
        else
            axis.Weights(top + index, weights.AsSpan(0, taps));
        _weights[index] = weights;
    }

    // Result rows end in the order in which they begin.
    private void End(int index)
    {
        ArrayPool<float>.Shared.Return(_weights[index]!);
        _weights[index] = null;
        _next = index + 1;
    }
}
