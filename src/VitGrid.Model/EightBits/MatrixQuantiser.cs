namespace VitGrid.Model.EightBits;

/// <summary>
/// A matrix in 8 bits. Output j of input k stands at <c>Weights[k · out + j]</c> and means <c>Scales[j]</c> times its number.
/// </summary>
internal sealed record QuantisedMatrix(sbyte[] Weights, float[] Scales);

/// <summary>Turns a linear layer's matrix into 8 bits, one scale an output channel.</summary>
internal static class MatrixQuantiser
{
    // A run of outputs is a line of the result: whole cache lines are written.
    private const int OutputsAtOnce = 64;
    private const int Limit = 127;

    // The inputs that the runtime's kernels take at once, of which an instruction sums two and two.
    private const int Neighbours = 4;

    /// <summary>Quantises <paramref name="matrix"/>, [out, in] row-major. Rounds half to even; a row of zeros has the scale 0.</summary>
    public static QuantisedMatrix Quantise(float[] matrix, int outputs, EightBitForm form)
    {
        int inputs = matrix.Length / outputs;
        QuantisedMatrix result = new(GC.AllocateUninitializedArray<sbyte>(matrix.Length), new float[outputs]);
        Parallel.For(0, (outputs + OutputsAtOnce - 1) / OutputsAtOnce, run =>
        {
            int first = run * OutputsAtOnce;
            for (int output = first; output < Math.Min(outputs, first + OutputsAtOnce); output++)
                result.Scales[output] = QuantiseRow(matrix.AsSpan(output * inputs, inputs), result.Weights.AsSpan(output), outputs, form);
        });
        return result;
    }

    private static float QuantiseRow(ReadOnlySpan<float> row, Span<sbyte> column, int stride, EightBitForm form)
    {
        float scale = (form == EightBitForm.Vnni ? Largest(row) : Math.Max(Largest(row), MaxPair(row))) / Limit;
        for (int k = 0; k < row.Length; k++)
            column[k * stride] = scale > 0 ? (sbyte)Math.Clamp(MathF.Round(row[k] / scale), -Limit, Limit) : (sbyte)0;
        return scale;
    }

    private static float Largest(ReadOnlySpan<float> row)
    {
        float largest = 0;
        foreach (float weight in row)
            largest = Math.Max(largest, Math.Abs(weight));
        return largest;
    }

    /// <summary>
    /// The largest sum of two weights of one sign among four neighbours. Rounding adds half a step to each: 127 becomes 128 at most.
    /// </summary>
    private static float MaxPair(ReadOnlySpan<float> row)
    {
        float largest = 0;
        for (int first = 0; first < row.Length; first += Neighbours)
        {
            ReadOnlySpan<float> four = row.Slice(first, Math.Min(Neighbours, row.Length - first));
            largest = Math.Max(largest, Math.Max(TopTwo(four, 1), TopTwo(four, -1)));
        }
        return largest;
    }

    private static float TopTwo(ReadOnlySpan<float> four, float sign)
    {
        (float first, float second) = (0, 0);
        foreach (float weight in four)
        {
            float value = weight * sign;
            (first, second) = value > first ? (value, first) : (first, Math.Max(second, value));
        }
        return first + second;
    }
}
