namespace VitGrid.Model.EightBits;

/// <summary>A matrix in 8 bits. Output j of input k stands at <c>Weights[k · out + j]</c> and means <c>Scales[j]</c> times its number.</summary>
internal sealed record QuantisedMatrix(sbyte[] Weights, float[] Scales);

/// <summary>Turns a linear layer's matrix into 8 bits, one scale an output channel.</summary>
internal static class MatrixQuantiser
{
    // A run of outputs is a line of the result: whole cache lines are written.
    private const int OutputsAtOnce = 64;

    /// <summary>Quantises <paramref name="matrix"/>, [out, in] row-major, to −<paramref name="limit"/>…<paramref name="limit"/>. Rounds half to even; a row of zeros has the scale 0.</summary>
    public static QuantisedMatrix Quantise(float[] matrix, int outputs, int limit)
    {
        int inputs = matrix.Length / outputs;
        QuantisedMatrix result = new(GC.AllocateUninitializedArray<sbyte>(matrix.Length), new float[outputs]);
        Parallel.For(0, (outputs + OutputsAtOnce - 1) / OutputsAtOnce, run =>
        {
            int first = run * OutputsAtOnce;
            for (int output = first; output < Math.Min(outputs, first + OutputsAtOnce); output++)
                result.Scales[output] = QuantiseRow(matrix.AsSpan(output * inputs, inputs), result.Weights.AsSpan(output), outputs, limit);
        });
        return result;
    }

    private static float QuantiseRow(ReadOnlySpan<float> row, Span<sbyte> column, int stride, int limit)
    {
        float largest = 0;
        foreach (float weight in row)
            largest = Math.Max(largest, Math.Abs(weight));
        float scale = largest / limit;
        for (int k = 0; k < row.Length; k++)
            column[k * stride] = scale > 0 ? (sbyte)Math.Clamp(MathF.Round(row[k] / scale), -limit, limit) : (sbyte)0;
        return scale;
    }
}
