using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Sessions;

/// <summary>One bit of one weight that is other than it should be, drawn by a number: for injected faults.</summary>
/// <param name="Seed">Draws the weight, every byte of a segment's being as likely, and the bit.</param>
/// <param name="Bit">The bit within its element of four bytes, 31 being the sign; null: drawn as well.</param>
public sealed record WeightFlip(int Seed, int? Bit = null)
{
    private const int ElementBytes = sizeof(float);

    /// <summary>Which weight has it, and which of its bits.</summary>
    /// <returns>The weight, and the number of the bit from its first byte on.</returns>
    /// <exception cref="NotSupportedException">The segment computes with no weight as it lies in its file.</exception>
    internal (SegmentWeight Weight, long Bit) Choose(ImmutableArray<SegmentWeight> weights)
    {
        // Sessions of two input sizes draw the same: only one of them may read the positions as they are stored.
        weights = [.. weights.Where(weight => !weight.Name.Contains("position", StringComparison.Ordinal))];
        if (weights.IsEmpty)
            throw new NotSupportedException("no weight of this segment is computed with as it lies in its file: there is none to change");
        Random random = new(Seed);
        long at = random.NextInt64(weights.Sum(weight => weight.Slice.Length));
        int drawn = random.Next(ElementBytes * 8);
        foreach (SegmentWeight weight in weights)
        {
            if (at < weight.Slice.Length)
                return (weight, Bit is null ? (at * 8) + (drawn % 8) : (at / ElementBytes * ElementBytes * 8) + Bit.Value);
            at -= weight.Slice.Length;
        }
        throw new InvalidOperationException("a byte behind the last weight was drawn");
    }

    /// <summary>Describes the choice, e.g. <c>bit 30 of element 17 of blocks/0/mlp/fc1/weight</c>.</summary>
    internal string Describe(ImmutableArray<SegmentWeight> weights)
    {
        (SegmentWeight weight, long bit) = Choose(weights);
        return string.Create(
            CultureInfo.InvariantCulture, $"bit {bit % (ElementBytes * 8)} of element {bit / (ElementBytes * 8)} of {weight.Name}");
    }

    /// <summary>A copy of a weight in memory of its own, with one bit turned; <see cref="Free"/> gives it back.</summary>
    internal static unsafe nint Copy(nint weight, long bytes, long bit)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes);
        NativeMemory.Copy((void*)weight, copy, (nuint)bytes);
        copy[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return (nint)copy;
    }

    /// <summary>Gives a copy back; none is nothing to do.</summary>
    internal static unsafe void Free(nint copy) => NativeMemory.Free((void*)copy);
}
