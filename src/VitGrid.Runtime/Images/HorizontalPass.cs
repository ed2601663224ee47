using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VitGrid.Runtime.Images;

/// <summary>Resamples rows: columns first … first + count − 1 of the result, each rounded and clamped to 8 bits.</summary>
internal sealed class HorizontalPass : IDisposable
{
    private const int Lanes = 8;
    private const int PixelsPerVector = 2;
    private const int RowsAtOnce = 4;

    private readonly int _count;
    private readonly int[] _starts;
    private readonly int[] _vectors;
    private readonly int[] _table;
    private readonly int _end;

    public HorizontalPass(BicubicAxis axis, long first, int count)
    {
        _count = count;
        _starts = ArrayPool<int>.Shared.Rent(count);
        _vectors = ArrayPool<int>.Shared.Rent(count);
        _table = ArrayPool<int>.Shared.Rent(count * TableEntries(axis));
        int[] weights = ArrayPool<int>.Shared.Rent(axis.MaxTaps);
        int entries = 0;
        for (int column = 0; column < count; column++)
        {
            (_starts[column], int taps) = axis.Taps(first + column);
            _vectors[column] = VectorsOf(taps);
            axis.Weights(first + column, weights.AsSpan(0, taps));
            Spread(weights.AsSpan(0, taps), _table.AsSpan(entries, _vectors[column] * Lanes));
            entries += _vectors[column] * Lanes;
            _end = Math.Max(_end, _starts[column] + (_vectors[column] * PixelsPerVector));
        }
        ArrayPool<int>.Shared.Return(weights);
    }

    /// <summary>Table entries, of four bytes, that one result column takes at most.</summary>
    public static int TableEntries(BicubicAxis axis) => VectorsOf(axis.MaxTaps) * Lanes;

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_vectors);
        ArrayPool<int>.Shared.Return(_table);
    }

    /// <summary>
    /// Writes one result row of <c>count</c> pixels every <paramref name="stride"/> bytes for each row of <paramref name="source"/>.
    /// </summary>
    public void Run(PixelView source, Span<byte> result, int stride)
    {
        // What the unchecked loads below rely on.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.X, _starts[0]);
        const int Overread = Lanes - (PixelsPerVector * Raster.PixelBytes);
        long reach = ((source.Height - 1L) * source.Stride) + ((_end - source.X) * Raster.PixelBytes) + Overread;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reach, source.Bytes.Length);
        for (int row = 0; row < source.Height; row += RowsAtOnce)
        {
            // The last rows are repeated to fill the four: the same bytes are written again.
            int last = source.Height - 1;
            RunFour(source, row, Math.Min(row + 1, last), Math.Min(row + 2, last), Math.Min(row + 3, last), result, stride);
        }
    }

    private void RunFour(PixelView source, int rowA, int rowB, int rowC, int rowD, Span<byte> result, int stride)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(source.Bytes);
        ref byte a = ref Unsafe.Add(ref bytes, rowA * source.Stride);
        ref byte b = ref Unsafe.Add(ref bytes, rowB * source.Stride);
        ref byte c = ref Unsafe.Add(ref bytes, rowC * source.Stride);
        ref byte d = ref Unsafe.Add(ref bytes, rowD * source.Stride);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_table);
        for (int column = 0; column < _count; column++)
        {
            nint at = (_starts[column] - source.X) * Raster.PixelBytes;
            Vector256<int> sumA = Vector256<int>.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
            for (int vector = _vectors[column]; vector > 0; vector--)
            {
                Vector256<int> weight = Vector256.LoadUnsafe(ref weights);
                sumA += Load(ref Unsafe.Add(ref a, at)) * weight;
                sumB += Load(ref Unsafe.Add(ref b, at)) * weight;
                sumC += Load(ref Unsafe.Add(ref c, at)) * weight;
                sumD += Load(ref Unsafe.Add(ref d, at)) * weight;
                weights = ref Unsafe.Add(ref weights, Lanes);
                at += PixelsPerVector * Raster.PixelBytes;
            }
            int to = column * Raster.PixelBytes;
            Store(sumA, result[((rowA * stride) + to)..]);
            Store(sumB, result[((rowB * stride) + to)..]);
            Store(sumC, result[((rowC * stride) + to)..]);
            Store(sumD, result[((rowD * stride) + to)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Load(ref byte pixels)
    {
        Vector128<byte> bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref pixels)).AsByte();
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int32(bytes);
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector256.Create(lower, upper).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> sum, Span<byte> pixel)
    {
        Vector256<int> second = Vector256.Shuffle(sum, Vector256.Create(3, 4, 5, 0, 0, 0, 0, 0));
        Vector128<int> rounded = (sum + second).GetLower() + Vector128.Create(1 << (BicubicAxis.FractionBits - 1));
        Vector128<int> clamped = Vector128.Clamp(rounded >> BicubicAxis.FractionBits, Vector128<int>.Zero, Vector128.Create(255));
        pixel[2] = (byte)clamped.GetElement(2);
        pixel[1] = (byte)clamped.GetElement(1);
        pixel[0] = (byte)clamped.GetElement(0);
    }

    private static int VectorsOf(int taps) => (taps + PixelsPerVector - 1) / PixelsPerVector;

    private static void Spread(ReadOnlySpan<int> weights, Span<int> lanes)
    {
        lanes.Clear();
        for (int tap = 0; tap < weights.Length; tap++)
        {
            int lane = (tap / PixelsPerVector * Lanes) + (tap % PixelsPerVector * Raster.PixelBytes);
            lanes.Slice(lane, Raster.PixelBytes).Fill(weights[tap]);
        }
    }
}
