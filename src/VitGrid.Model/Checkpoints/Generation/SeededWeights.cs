using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Checkpoints.Generation;

/// <summary>
/// Weights of one tensor from a counter-based generator: element i depends on seed, tensor name and i alone, so any part can be
/// made in any order and on any machine. SplitMix64 (Steele, Lea, Flood 2014) gives 64 bits; the sum of their four 16-bit
/// words, centred, is near enough to normal (Irwin–Hall) and is exact in integers.
/// </summary>
internal sealed class SeededWeights
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>Standard deviation of the sum of four uniform 16-bit words: sqrt(4 (2^32 - 1) / 12).</summary>
    private const double SumDeviation = 37837.22723720648;

    private readonly ulong _key;
    private readonly float _mean;
    private readonly float _scale;

    public SeededWeights(ulong seed, string tensor, float mean, double deviation)
    {
        (_mean, _scale) = (mean, (float)(deviation / SumDeviation));
        _key = Encoding.UTF8.GetBytes(tensor).Aggregate(Mix(seed + Step), (key, letter) => Mix((key ^ letter) + Step));
    }

    /// <summary>Fills <paramref name="target"/> with the elements from <paramref name="first"/> on, rounded to nearest.</summary>
    public void Fill(TensorType type, long first, Span<byte> target)
    {
        switch (type)
        {
            case TensorType.F32:
                Fill(first, MemoryMarshal.Cast<byte, float>(target));
                break;
            case TensorType.F16:
                Fill(first, MemoryMarshal.Cast<byte, Half>(target));
                break;
            case TensorType.BF16:
                Fill(first, MemoryMarshal.Cast<byte, ushort>(target));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "weights are written as F32, F16 or BF16");
        }
    }

    private void Fill(long first, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = Element(first + i);
    }

    private void Fill(long first, Span<Half> target)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = (Half)Element(first + i);
    }

    private void Fill(long first, Span<ushort> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(Element(first + i));
            target[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    private float Element(long index)
    {
        ulong bits = Mix(_key + ((ulong)index * Step));
        int sum = (int)((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48));
        return _mean + ((sum - (2 * 0xFFFF)) * _scale);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
