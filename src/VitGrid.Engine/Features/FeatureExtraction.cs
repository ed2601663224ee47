using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Engine.Features;

/// <summary>From an image's hidden state to the bytes that were asked of it: the only place that cuts, turns and narrows. Pure.</summary>
internal static class FeatureExtraction
{
    // A cache line of single precision: so many channels are turned at once.
    private const int Channels = 16;

    private const int Strip = 8_192;

    // The first number that rounds beyond half precision.
    private const float HalfLimit = 65_520;

    /// <summary>Makes a block of one image's hidden state.</summary>
    /// <param name="state">[T, D] row-major.</param>
    /// <param name="stored">Element type of <paramref name="state"/>.</param>
    /// <param name="shape">T and D.</param>
    /// <param name="order">What is asked for.</param>
    /// <param name="layer">Which hidden state it is, 0…L, for messages.</param>
    /// <exception cref="OverflowException">A number is beyond half precision, which is asked for.</exception>
    /// <exception cref="ArithmeticException">A number is none.</exception>
    public static FeatureBlock Extract(
        ReadOnlySpan<byte> state, ActivationType stored, FeatureShape shape, FeatureOrder order, int layer)
    {
        if (stored == ActivationType.Float32)
            return Extract(MemoryMarshal.Cast<byte, float>(state), shape, order, layer);
        float[] widened = Widen(state, stored, out Span<float> floats);
        try
        {
            return Extract(floats, shape, order, layer);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(widened);
        }
    }

    /// <summary>Makes a block of one image's visual tokens, as they are.</summary>
    /// <inheritdoc cref="Extract(ReadOnlySpan{byte}, ActivationType, FeatureShape, FeatureOrder, int)"/>
    public static FeatureBlock Whole(ReadOnlySpan<byte> tokens, ActivationType stored, FeatureOrder order)
    {
        if (stored == ActivationType.Float32)
            return Whole(MemoryMarshal.Cast<byte, float>(tokens), order.Type);
        float[] widened = Widen(tokens, stored, out Span<float> floats);
        try
        {
            return Whole(floats, order.Type);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(widened);
        }
    }

    /// <summary>The same of numbers that are there already.</summary>
    public static FeatureBlock Whole(ReadOnlySpan<float> numbers, FeatureType type)
    {
        Check(numbers, type, FeaturePart.VisualTokens);
        using FeatureBlock.Builder block = new();
        new Writer(block, type).Write(numbers);
        return block.Finish();
    }

    private static float[] Widen(ReadOnlySpan<byte> state, ActivationType stored, out Span<float> floats)
    {
        float[] widened = ArrayPool<float>.Shared.Rent(state.Length / stored.Bytes());
        floats = widened.AsSpan(0, state.Length / stored.Bytes());
        FloatWidening.Widen(stored.AsStored(), state, floats);
        return widened;
    }

    private static FeatureBlock Extract(ReadOnlySpan<float> state, FeatureShape shape, FeatureOrder order, int layer)
    {
        using FeatureBlock.Builder block = new();
        Writer writer = new(block, order.Type);
        int at = 0;
        foreach (FeatureParts part in (ReadOnlySpan<FeatureParts>)[FeatureParts.Cls, FeatureParts.Registers, FeatureParts.Patches])
        {
            int numbers = shape.Count(part) * shape.Width;
            ReadOnlySpan<float> rows = state.Slice(at, numbers);
            at += numbers;
            if ((order.Parts & part) == 0 || numbers == 0)
                continue;
            Check(rows, order.Type, FeaturePart.Name(layer, part));
            if (part == FeatureParts.Patches && order.Layout == FeatureLayout.Nchw)
                WritePlanes(writer, rows, shape.Patches, shape.Width);
            else
                writer.Write(rows);
        }
        return block.Finish();
    }

    private static void Check(ReadOnlySpan<float> numbers, FeatureType type, string tensor)
    {
        float largest = TensorPrimitives.MaxMagnitude(numbers);
        if (!float.IsFinite(largest))
            throw new ArithmeticException($"{tensor} holds {largest}; the weights or the precision are at fault");
        if (type == FeatureType.Float16 && Math.Abs(largest) >= HalfLimit)
        {
            throw new OverflowException(string.Create(
                CultureInfo.InvariantCulture, $"{tensor} holds {largest}, beyond fp16's 65504; send dtype fp32 or bf16"));
        }
    }

    /// <summary>[P, D] → [D, P], some channels at a time.</summary>
    private static void WritePlanes(Writer writer, ReadOnlySpan<float> rows, int patches, int width)
    {
        float[] planes = ArrayPool<float>.Shared.Rent(Channels * patches);
        for (int first = 0; first < width; first += Channels)
        {
            int count = Math.Min(Channels, width - first);
            for (int patch = 0; patch < patches; patch++)
            {
                ReadOnlySpan<float> channels = rows.Slice((patch * width) + first, count);
                for (int channel = 0; channel < count; channel++)
                    planes[(channel * patches) + patch] = channels[channel];
            }
            writer.Write(planes.AsSpan(0, count * patches));
        }
        ArrayPool<float>.Shared.Return(planes);
    }

    private readonly ref struct Writer(FeatureBlock.Builder block, FeatureType type)
    {
        public void Write(ReadOnlySpan<float> numbers)
        {
            if (type == FeatureType.Float32)
            {
                block.Write(MemoryMarshal.AsBytes(numbers));
                return;
            }
            Span<ushort> narrow = stackalloc ushort[Strip];
            while (numbers.Length > 0)
            {
                int part = Math.Min(numbers.Length, Strip);
                if (type == FeatureType.Float16)
                    HalfNumbers.Narrow(numbers[..part], MemoryMarshal.Cast<ushort, Half>(narrow));
                else
                    NarrowBrain(numbers[..part], narrow);
                block.Write(MemoryMarshal.AsBytes(narrow[..part]));
                numbers = numbers[part..];
            }
        }

        /// <summary>The upper half of a single, rounded to the nearest, ties to even; the numbers are finite.</summary>
        private static void NarrowBrain(ReadOnlySpan<float> numbers, Span<ushort> narrow)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                uint bits = BitConverter.SingleToUInt32Bits(numbers[i]);
                narrow[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
            }
        }
    }
}
