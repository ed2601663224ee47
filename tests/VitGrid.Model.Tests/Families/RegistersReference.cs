using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families;

/// <summary>The second family in double precision and plain loops, written from its description alone. One image at a time.</summary>
internal sealed class RegistersReference(EncoderArchitecture shape, IReadOnlyDictionary<string, float[]> weights)
{
    private int D => shape.Width;

    /// <summary>Returns the hidden state [T][D] after each number of blocks, the last one normed.</summary>
    public List<double[][]> Layers(ReadOnlySpan<byte> pixels)
    {
        double[][] x = Embed(pixels);
        List<double[][]> layers = [x];
        for (int i = 0; i < shape.Depth; i++)
            layers.Add(x = Block(x, $"layers.{i}."));
        layers[^1] = Norm(x, "last_norm");
        return layers;
    }

    /// <summary>The class token, then the mean of the patches: [2 · D].</summary>
    public double[] Pool(double[][] state)
    {
        double[] pooled = [.. state[0], .. new double[D]];
        foreach (double[] patch in state[shape.PrefixTokens..])
        {
            for (int k = 0; k < D; k++)
                pooled[D + k] += patch[k] / (state.Length - shape.PrefixTokens);
        }
        return pooled;
    }

    private double[][] Embed(ReadOnlySpan<byte> pixels)
    {
        int grid = shape.ImageSize / shape.PatchSize;
        List<double[]> tokens = [Sum(Row("prefix.class", 0), Row("positions", 0))];
        for (int i = 0; i < shape.PrefixTokens - 1; i++)
            tokens.Add(Row("prefix.registers", i));
        for (int patch = 0; patch < grid * grid; patch++)
            tokens.Add(Sum(Stem(pixels, patch / grid, patch % grid), Row("positions", patch + 1)));
        return [.. tokens];
    }

    private double[] Stem(ReadOnlySpan<byte> pixels, int row, int column)
    {
        (int p, float[] kernel) = (shape.PatchSize, weights["stem.weight"]);
        double[] result = [.. weights["stem.bias"]];
        for (int i = 0; i < D * 3 * p * p; i++)
        {
            (int d, int channel, int y, int x) = (i / (3 * p * p), i / (p * p) % 3, i / p % p, i % p);
            int at = (((((row * p) + y) * shape.ImageSize) + (column * p) + x) * 3) + channel;
            result[d] += kernel[i] * ((pixels[at] / 255.0) - 0.5) / 0.5;
        }
        return result;
    }

    private double[][] Block(double[][] x, string layer)
    {
        double[][] normed = Norm(x, layer + "norm_a");
        double[][] mixed = Attend(
            Linear(normed, layer + "q"), Linear(normed, layer + "k"), Linear(normed, layer + "v"));
        x = Sum(x, Linear(mixed, layer + "out"));
        double[][] wide = Linear(Norm(x, layer + "norm_b"), layer + "up");
        return Sum(x, Linear([.. wide.Select(row => row.Select(Gelu).ToArray())], layer + "down"));
    }

    private double[][] Attend(double[][] q, double[][] k, double[][] v)
    {
        int width = D / shape.Heads;
        double[][] mixed = [.. q.Select(_ => new double[D])];
        for (int i = 0; i < q.Length * shape.Heads; i++)
        {
            (int token, int first) = (i / shape.Heads, i % shape.Heads * width);
            double[] scores = [.. k.Select(key => Math.Exp(Dot(q[token], key, first, width) / Math.Sqrt(width)))];
            for (int other = 0; other < v.Length; other++)
            {
                for (int c = first; c < first + width; c++)
                    mixed[token][c] += scores[other] / scores.Sum() * v[other][c];
            }
        }
        return mixed;
    }

    private double[][] Linear(double[][] x, string name)
    {
        (float[] matrix, int inputs) = (weights[name + ".weight"], x[0].Length);
        float[]? bias = weights.GetValueOrDefault(name + ".bias");
        double[] Row(double[] row)
        {
            double[] result = new double[matrix.Length / inputs];
            for (int i = 0; i < matrix.Length; i++)
                result[i / inputs] += matrix[i] * row[i % inputs];
            return [.. result.Select((value, output) => value + (bias?[output] ?? 0))];
        }
        return [.. x.Select(Row)];
    }

    private double[][] Norm(double[][] x, string name)
    {
        (float[] weight, float[] bias) = (weights[name + ".weight"], weights[name + ".bias"]);
        double[] Row(double[] row)
        {
            double mean = row.Average();
            double deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + shape.NormEpsilon);
            return [.. row.Select((value, k) => ((value - mean) / deviation * weight[k]) + bias[k])];
        }
        return [.. x.Select(Row)];
    }

    private double[] Row(string name, int row) => [.. weights[name].AsSpan(row * D, D).ToArray().Select(value => (double)value)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (left, right) => left + right)];

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, Sum)];

    private static double Dot(double[] a, double[] b, int first, int count)
    {
        double sum = 0;
        for (int i = first; i < first + count; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>The Taylor series, whose terms cancel to about 1e-10 below 4; beyond, erf is 1 to 2e-8.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 4)
            return Math.Sign(x);
        (double term, double sum) = (x, x);
        for (int n = 1; n < 100; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
