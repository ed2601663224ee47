namespace VitGrid.Model.EightBits;

/// <summary>
/// Shares the spread of a norm's channels between activations and weights. A channel that a norm makes thirty times larger than the others
/// would leave them a thirtieth of the 256 steps; dividing it by a factor and multiplying its column of weights by the same changes no
/// product and leaves both sides with the square root. (SmoothQuant, Xiao et al. 2023, with the norm's own weights for the size of
/// activations: no sample images are needed.)
/// </summary>
internal static class Equaliser
{
    // A norm's output is within three deviations nearly always.
    private const float Deviations = 3;

    // Channels smaller than this beside the largest are not enlarged any further.
    private const float Least = 1e-3f;

    /// <summary>The factor of each input channel.</summary>
    /// <param name="weight">The norm's weight.</param>
    /// <param name="bias">The norm's bias, or null.</param>
    /// <param name="matrices">The matrices, [out, in], that take the norm's output.</param>
    public static float[] Factors(float[] weight, float[]? bias, params ReadOnlySpan<float[]> matrices)
    {
        float[] activations = [.. weight.Select((value, k) => (Deviations * Math.Abs(value)) + Math.Abs(bias?[k] ?? 0))];
        float[] columns = ColumnSizes(matrices, weight.Length);
        (float minActivation, float minColumn) = (Least * activations.Max(), Least * columns.Max());
        return minActivation > 0 && minColumn > 0
            ? [.. activations.Zip(columns, (a, w) => MathF.Sqrt(Math.Max(a, minActivation) / Math.Max(w, minColumn)))]
            : [.. weight.Select(_ => 1f)];
    }

    /// <summary>Multiplies each column of <paramref name="matrix"/> by its factor, in place.</summary>
    public static void MultiplyColumns(float[] matrix, float[] factors)
    {
        for (int first = 0; first < matrix.Length; first += factors.Length)
        {
            for (int k = 0; k < factors.Length; k++)
                matrix[first + k] *= factors[k];
        }
    }

    /// <summary>Root mean square of each column, each row counted as if all rows were of one size: rows have scales of their own.</summary>
    private static float[] ColumnSizes(ReadOnlySpan<float[]> matrices, int inputs)
    {
        double[] squares = new double[inputs];
        foreach (float[] matrix in matrices)
        {
            for (int first = 0; first < matrix.Length; first += inputs)
                AddRow(squares, matrix.AsSpan(first, inputs));
        }
        return [.. squares.Select(sum => (float)Math.Sqrt(sum))];
    }

    private static void AddRow(double[] squares, ReadOnlySpan<float> row)
    {
        double size = 0;
        foreach (float value in row)
            size += (double)value * value;
        double share = size > 0 ? 1 / size : 0;
        for (int k = 0; k < row.Length; k++)
            squares[k] += row[k] * (double)row[k] * share;
    }
}
