using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VitGrid.Runtime.Images;

/// <summary>
/// Resamples columns: rows first … first + count − 1 of the result. Source rows arrive in any number of portions; sums of
/// integers do not depend on how they are split.
/// </summary>
internal sealed class VerticalPass : IDisposable
{
    private readonly BicubicAxis _axis;
    private readonly long _first;
    private readonly int _count;
    private readonly int _rowBytes;
    private readonly int[] _weights;
    private readonly int[] _sums;

    public VerticalPass(BicubicAxis axis, long first, int count, int rowBytes)
    {
        (_axis, _first, _count, _rowBytes) = (axis, first, count, rowBytes);
        _weights = ArrayPool<int>.Shared.Rent(axis.MaxTaps);
        _sums = ArrayPool<int>.Shared.Rent(count * rowBytes);
        _sums.AsSpan(0, count * rowBytes).Fill(1 << (BicubicAxis.FractionBits - 1));
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
            Round(_sums.AsSpan(index * _rowBytes, _rowBytes), result.Slice(index * stride, _rowBytes));
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

    private static void Round(ReadOnlySpan<int> sums, Span<byte> result)
    {
        int at = 0;
        for (; at <= sums.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            ref int sum = ref MemoryMarshal.GetReference(sums[at..]);
            Vector256<ushort> lower = Vector256.Narrow(Clamped(ref sum), Clamped(ref Unsafe.Add(ref sum, 8)));
            Vector256<ushort> upper = Vector256.Narrow(Clamped(ref Unsafe.Add(ref sum, 16)), Clamped(ref Unsafe.Add(ref sum, 24)));
            Vector256.Narrow(lower, upper).CopyTo(result[at..]);
        }
        for (; at < sums.Length; at++)
            result[at] = (byte)Math.Clamp(sums[at] >> BicubicAxis.FractionBits, 0, 255);
    }

    private static Vector256<uint> Clamped(ref int sums) =>
        Vector256.Clamp(Vector256.LoadUnsafe(ref sums) >> BicubicAxis.FractionBits, Vector256<int>.Zero, Vector256.Create(255)).AsUInt32();
}
