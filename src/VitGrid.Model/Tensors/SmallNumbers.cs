namespace VitGrid.Model.Tensors;

/// <summary>
/// Vectors in one byte a number, and in one bit: what <c>embedding_type</c> <c>int8</c> and <c>ubinary</c> of the API are.
/// </summary>
public static class SmallNumbers
{
    /// <summary>
    /// round(127 · v / max|v|), ties away from zero: −127…127. The scale is the vector's own, because a unit vector of a thousand
    /// numbers has few above 0.1 and would collapse to a handful of levels at a fixed 127; cosine does not see the scale.
    /// </summary>
    /// <param name="values">The vector; its numbers are finite.</param>
    /// <param name="scaled">As many places.</param>
    public static void Scale(ReadOnlySpan<float> values, Span<sbyte> scaled)
    {
        float largest = 0;
        foreach (float value in values)
            largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < values.Length; i++)
            scaled[i] = largest > 0 ? (sbyte)Math.Round(127.0 * values[i] / largest, MidpointRounding.AwayFromZero) : (sbyte)0;
    }

    /// <summary>Bytes of a vector's bits.</summary>
    public static int PackedBytes(int dimensions) => (dimensions + 7) / 8;

    /// <summary>
    /// One bit a number, 1 for v &gt; 0, the first number in the highest bit (<c>numpy.packbits</c>), the last byte filled with zeros.
    /// </summary>
    /// <param name="values">The vector.</param>
    /// <param name="packed"><see cref="PackedBytes"/> places.</param>
    public static void Pack(ReadOnlySpan<float> values, Span<byte> packed)
    {
        packed.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] > 0)
                packed[i / 8] |= (byte)(0x80 >> (i % 8));
        }
    }
}
