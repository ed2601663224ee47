using System.Runtime.InteropServices;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>Exact widening of stored elements to single precision.</summary>
public static class FloatWidening
{
    /// <summary>Whether <paramref name="type"/> is one that is read as floats.</summary>
    public static bool Reads(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16;

    /// <summary>Widens all elements of <paramref name="source"/>; <paramref name="target"/> has as many places.</summary>
    public static void Widen(TensorType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(target);
                break;
            case TensorType.F16:
                HalfNumbers.Widen(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case TensorType.BF16:
                WidenBrain(MemoryMarshal.Cast<byte, ushort>(source), target);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "only F32, F16 and BF16 are read as floats");
        }
    }

    private static void WidenBrain(ReadOnlySpan<ushort> source, Span<float> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }
}
