namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>What a row of numbers goes through.</summary>
internal static class LoopMath
{
    /// <summary>y = x Wᵀ + b, W [out, in] row-major.</summary>
    public static double[] Linear(double[] row, float[] matrix, float[]? bias)
    {
        double[] result = new double[matrix.Length / row.Length];
        for (int output = 0; output < result.Length; output++)
        {
            double sum = bias?[output] ?? 0;
            for (int input = 0; input < row.Length; input++)
                sum += matrix[(output * row.Length) + input] * row[input];
            result[output] = sum;
        }
        return result;
    }

    public static double[] LayerNorm(double[] row, float[] weight, float[] bias, double epsilon)
    {
        double mean = row.Average(), deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + epsilon);
        return [.. row.Select((value, k) => ((value - mean) / deviation * weight[k]) + bias[k])];
    }

    public static double[] RmsNorm(double[] row, float[] weight, double epsilon)
    {
        double root = Math.Sqrt(row.Average(value => value * value) + epsilon);
        return [.. row.Select((value, k) => value / root * weight[k])];
    }

    public static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>The Taylor series, whose terms cancel to about 1e-10 below 4; beyond, erf is 1 to 2e-8.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 4)
            return Math.Sign(x);
        (double term, double sum) = (x, x);
        for (int n = 1; n < 100 && Math.Abs(term) > 1e-18; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
