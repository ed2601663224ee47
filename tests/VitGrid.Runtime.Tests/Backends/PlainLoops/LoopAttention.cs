namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>Scaled dot-product attention over the tokens of one image.</summary>
internal static class LoopAttention
{
    /// <summary>Mixes values [T][D] by what queries and keys have in common, head by head.</summary>
    public static double[][] Mix(double[][] q, double[][] k, double[][] v, int heads)
    {
        double[][] mixed = [.. q.Select(row => new double[row.Length])];
        int width = q[0].Length / heads;
        for (int token = 0; token < q.Length; token++)
        {
            for (int head = 0; head < heads; head++)
                Mix(q[token], k, v, mixed[token], head * width, width);
        }
        return mixed;
    }

    private static void Mix(double[] query, double[][] k, double[][] v, double[] target, int first, int width)
    {
        double[] scores = [.. k.Select(key => Dot(query, key, first, width) / Math.Sqrt(width))];
        double most = scores.Max();
        double[] weights = [.. scores.Select(score => Math.Exp(score - most))];
        double sum = weights.Sum();
        for (int other = 0; other < v.Length; other++)
        {
            for (int c = first; c < first + width; c++)
                target[c] += weights[other] / sum * v[other][c];
        }
    }

    private static double Dot(double[] a, double[] b, int first, int count)
    {
        double sum = 0;
        for (int i = first; i < first + count; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
