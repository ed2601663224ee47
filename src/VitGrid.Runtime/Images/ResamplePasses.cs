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
    private readonly int _bits;
    private readonly int[] _starts;
    private readonly int[] _vectors;
    private readonly int[] _table;
    private readonly int _end;

    public HorizontalPass(ResampleAxis axis, long first, int count)
    {
        (_count, _bits) = (count, axis.FractionBits);
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
    public static int TableEntries(ResampleAxis axis) => VectorsOf(axis.MaxTaps) * Lanes;

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
        int bits = _bits;
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
            Store(sumA, bits, result[((rowA * stride) + to)..]);
            Store(sumB, bits, result[((rowB * stride) + to)..]);
            Store(sumC, bits, result[((rowC * stride) + to)..]);
            Store(sumD, bits, result[((rowD * stride) + to)..]);
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
    private static void Store(Vector256<int> sum, int bits, Span<byte> pixel)
    {
        Vector256<int> second = Vector256.Shuffle(sum, Vector256.Create(3, 4, 5, 0, 0, 0, 0, 0));
        Vector128<int> rounded = (sum + second).GetLower() + Vector128.Create(1 << (bits - 1));
        Vector128<int> clamped = Vector128.Clamp(rounded >> bits, Vector128<int>.Zero, Vector128.Create(255));
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

/// <summary>
/// Resamples columns: rows first … first + count − 1 of the result. Source rows arrive in any number of portions; sums of
/// integers do not depend on how they are split.
/// </summary>
internal sealed class VerticalPass : IDisposable
{
    private readonly ResampleAxis _axis;
    private readonly long _first;
    private readonly int _count;
    private readonly int _rowBytes;
    private readonly int[] _weights;
    private readonly int[] _sums;

    public VerticalPass(ResampleAxis axis, long first, int count, int rowBytes)
    {
        (_axis, _first, _count, _rowBytes) = (axis, first, count, rowBytes);
        _weights = ArrayPool<int>.Shared.Rent(axis.MaxTaps);
        _sums = ArrayPool<int>.Shared.Rent(count * rowBytes);
        _sums.AsSpan(0, count * rowBytes).Fill(1 << (axis.FractionBits - 1));
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_weights);
        ArrayPool<int>.Shared.Return(_sums);
    }

    /// <summary>Adds the contribution of <paramref name="rows"/> to every result row they touch.</summary>
    public void Add(PixelView rows)
    {
        for (int index = 0; index < _count; index++)
        {
            (int first, int taps) = _axis.Taps(_first + index);
            int from = Math.Max(first, rows.Y);
            int to = Math.Min(first + taps, rows.Y + rows.Height);
            if (from >= to)
                continue;
            _axis.Weights(_first + index, _weights.AsSpan(0, taps));
            AddRow(rows, from - rows.Y, _weights.AsSpan(from - first, to - from), _sums.AsSpan(index * _rowBytes, _rowBytes));
        }
    }

    /// <summary>Rounds and clamps the sums, one result row every <paramref name="stride"/> bytes.</summary>
    public void Finish(Span<byte> result, int stride)
    {
        for (int index = 0; index < _count; index++)
            Round(_sums.AsSpan(index * _rowBytes, _rowBytes), _axis.FractionBits, result.Slice(index * stride, _rowBytes));
    }

    private static void AddRow(PixelView rows, int row, ReadOnlySpan<int> weights, Span<int> sums)
    {
        int at = 0;
        for (; at <= sums.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
            AddBlock(rows.Bytes[((row * rows.Stride) + at)..], rows.Stride, weights, sums[at..]);
        for (; at < sums.Length; at++)
        {
            for (int tap = 0; tap < weights.Length; tap++)
                sums[at] += rows.Bytes[((row + tap) * rows.Stride) + at] * weights[tap];
        }
    }

    private static void AddBlock(ReadOnlySpan<byte> bytes, int stride, ReadOnlySpan<int> weights, Span<int> sums)
    {
        _ = bytes[((weights.Length - 1) * stride) + Vector256<byte>.Count - 1];
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref int sum = ref MemoryMarshal.GetReference(sums[..Vector256<byte>.Count]);
        Vector256<int> a = Vector256.LoadUnsafe(ref sum);
        Vector256<int> b = Vector256.LoadUnsafe(ref sum, 8);
        Vector256<int> c = Vector256.LoadUnsafe(ref sum, 16);
        Vector256<int> d = Vector256.LoadUnsafe(ref sum, 24);
        foreach (int tap in weights)
        {
            Vector256<int> weight = Vector256.Create(tap);
            (Vector256<ushort> lower, Vector256<ushort> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref source));
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(lower);
            (Vector256<uint> third, Vector256<uint> fourth) = Vector256.Widen(upper);
            a += first.AsInt32() * weight;
            b += second.AsInt32() * weight;
            c += third.AsInt32() * weight;
            d += fourth.AsInt32() * weight;
            source = ref Unsafe.Add(ref source, stride);
        }
        a.StoreUnsafe(ref sum);
        b.StoreUnsafe(ref sum, 8);
        c.StoreUnsafe(ref sum, 16);
        d.StoreUnsafe(ref sum, 24);
    }

    private static void Round(ReadOnlySpan<int> sums, int bits, Span<byte> result)
    {
        int at = 0;
        for (; at <= sums.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            ref int sum = ref MemoryMarshal.GetReference(sums[at..]);
            Vector256<ushort> lower = Vector256.Narrow(Clamped(ref sum, bits), Clamped(ref Unsafe.Add(ref sum, 8), bits));
            Vector256<ushort> upper = Vector256.Narrow(
                Clamped(ref Unsafe.Add(ref sum, 16), bits), Clamped(ref Unsafe.Add(ref sum, 24), bits));
            Vector256.Narrow(lower, upper).CopyTo(result[at..]);
        }
        for (; at < sums.Length; at++)
            result[at] = (byte)Math.Clamp(sums[at] >> bits, 0, 255);
    }

    private static Vector256<uint> Clamped(ref int sums, int bits) =>
        Vector256.Clamp(Vector256.LoadUnsafe(ref sums) >> bits, Vector256<int>.Zero, Vector256.Create(255)).AsUInt32();
}
