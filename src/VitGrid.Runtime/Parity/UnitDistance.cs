using System.Numerics.Tensors;

namespace VitGrid.Runtime.Parity;

/// <summary>How far apart two images' pooled vectors are, once they are scaled to length one. Pure.</summary>
public static class UnitDistance
{
    /// <summary>What two devices may differ by in single precision.</summary>
    public const double Exact = 1e-3;

    /// <summary>What they may differ by in 16 or 8 bits: a cosine of 0.9995.</summary>
    public const double Rounded = 0.03;

    /// <summary>
    /// The larger of the distances of the class tokens and of the means over patches, each of length one; infinite where one holds what is
    /// no number, or zeros alone.
    /// </summary>
    /// <param name="left">2 D numbers: class token, then mean.</param>
    /// <param name="right">As many.</param>
    public static double Between(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        int width = right.Length / 2;
        return left.Length == right.Length
            ? Math.Max(OfHalves(left[..width], right[..width]), OfHalves(left[width..], right[width..]))
            : double.PositiveInfinity;
    }

    private static double OfHalves(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
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
