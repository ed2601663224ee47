using System.Buffers.Binary;
using System.Numerics.Tensors;
using VitGrid.Client;
using VitGrid.Engine.FrontEnd;
using VitGrid.Model.Tensors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>
/// From the grid's un-normalised vector to what a client asked for; the only place that quantises or packs.
/// <para><c>float</c>, <c>float16</c>: the value, rounded to nearest even; float16 saturates at ±65504.</para>
/// <para><c>int8</c>: round(127 · v / max|v|), −127…127; <c>uint8</c>: the same plus 128. The scale is each vector's own, because a unit
/// vector of a thousand numbers has few above 0.1 and would collapse to a handful of levels at a fixed 127; cosine does not see the
/// scale.</para>
/// <para><c>ubinary</c>: one bit a number, 1 for v &gt; 0, the first number in the highest bit (<c>numpy.packbits</c>), the last byte
/// filled with zeros; <c>binary</c>: the same bytes minus 128, as signed numbers (sentence-transformers'
/// <c>quantize_embeddings</c>).</para>
/// </summary>
internal static class VectorEncoding
{
    /// <summary><see cref="UnitLength.Normalize"/>.</summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static float[] Normalize(ReadOnlySpan<float> vector) => UnitLength.Normalize(vector);

    /// <summary>The vector in the form <paramref name="fields"/> ask for.</summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static EmbeddingVector Encode(ReadOnlyMemory<float> vector, EmbeddingFields fields)
    {
        ReadOnlyMemory<float> values = fields.Normalize ? Normalize(vector.Span) : vector;
        if (values.Span.ContainsAnyExceptFinite())
            throw UnitLength.NotFinite(values.Span);
        return fields.Encoding == EncodingFormat.Base64
            ? EmbeddingVector.FromBytes(Bytes(values.Span, fields.Type))
            : EmbeddingVector.FromNumbers(Numbers(values, fields.Type));
    }

    private static ReadOnlyMemory<float> Numbers(ReadOnlyMemory<float> values, EmbeddingType type) => type switch
    {
        EmbeddingType.Float => values,
        EmbeddingType.Float16 => Array.ConvertAll(Halves(values.Span), half => (float)half),
        EmbeddingType.Int8 => Array.ConvertAll(Scaled(values.Span), value => (float)value),
        EmbeddingType.UInt8 => Array.ConvertAll(Scaled(values.Span), value => (float)(value + 128)),
        EmbeddingType.Binary => Array.ConvertAll(Packed(values.Span), value => (float)(value - 128)),
        _ => Array.ConvertAll(Packed(values.Span), value => (float)value),
    };

    private static byte[] Bytes(ReadOnlySpan<float> values, EmbeddingType type) => type switch
    {
        EmbeddingType.Float => SingleBytes(values),
        EmbeddingType.Float16 => HalfBytes(Halves(values)),
        EmbeddingType.Int8 => Array.ConvertAll(Scaled(values), value => unchecked((byte)value)),
        EmbeddingType.UInt8 => Array.ConvertAll(Scaled(values), value => (byte)(value + 128)),
        EmbeddingType.Binary => Array.ConvertAll(Packed(values), value => unchecked((byte)(value - 128))),
        _ => Packed(values),
    };

    private static Half[] Halves(ReadOnlySpan<float> values)
    {
        float[] within = new float[values.Length];
        TensorPrimitives.Clamp(values, (float)Half.MinValue, (float)Half.MaxValue, within);
        return HalfNumbers.Narrow(within);
    }

    private static sbyte[] Scaled(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
            largest = Math.Max(largest, Math.Abs(value));
        sbyte[] scaled = new sbyte[values.Length];
        for (int i = 0; i < scaled.Length && largest > 0; i++)
            scaled[i] = (sbyte)Math.Round(127.0 * values[i] / largest, MidpointRounding.AwayFromZero);
        return scaled;
    }

    private static byte[] Packed(ReadOnlySpan<float> values)
    {
        byte[] packed = new byte[(values.Length + 7) / 8];
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] > 0)
                packed[i / 8] |= (byte)(0x80 >> (i % 8));
        }
        return packed;
    }

    private static byte[] SingleBytes(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static byte[] HalfBytes(Half[] values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), values[i]);
        return bytes;
    }

    private static bool ContainsAnyExceptFinite(this ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                return true;
        }
        return false;
    }
}
