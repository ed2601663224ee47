using System.Numerics.Tensors;

namespace VitGrid.Runtime.Parity;

/// <summary>How far apart two images' pooled vectors are, once they are scaled to length one. Pure.</summary>
public static class UnitDistance
{
    /// <summary>What two devices may differ by in single precision.</summary>
    public const double Exact = 1e-3;

    /// <summary>
    /// What a library of others may differ by from the processor in single precision: sums in another order come to some 1e-6, numbers of
    /// 16 bits to some 1e-3.
    /// </summary>
    public const double Proven = 1e-4;

    /// <summary>What they may differ by in 16 or 8 bits: a cosine of 0.9995.</summary>
    public const double Rounded = 0.03;

    /// <summary>
    /// The largest of the distances of the class tokens, of the means over patches and of what a head makes, each of length one; infinite
    /// where one holds what is no number, or zeros alone.
    /// </summary>
    /// <param name="left">A pooled vector: D numbers of each, then the head's.</param>
    /// <param name="right">As many.</param>
    /// <param name="width">D, the encoder's width.</param>
    public static double Between(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int width)
    {
        if (left.Length != right.Length)
            return double.PositiveInfinity;
        double largest = 0;
        for (int at = 0; at < right.Length; at += width)
        {
            int part = Math.Min(width, right.Length - at);
            largest = Math.Max(largest, OfParts(left.Slice(at, part), right.Slice(at, part)));
        }
        return largest;
    }

    private static double OfParts(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double leftNorm = TensorPrimitives.Norm(left), rightNorm = TensorPrimitives.Norm(right), sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            double difference = (left[i] / leftNorm) - (right[i] / rightNorm);
            sum += difference * difference;
        }
        return double.IsFinite(sum) ? Math.Sqrt(sum) : double.PositiveInfinity;
    }
}
