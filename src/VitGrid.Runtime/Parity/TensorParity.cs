using System.Collections.Immutable;

namespace VitGrid.Runtime.Parity;

/// <summary>How far one computed tensor is from the expected one.</summary>
/// <param name="Name">Name in the expected file.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="MaxAbsoluteError">Largest |computed − expected|; NaN when either holds one.</param>
/// <param name="MaxScaledError">Largest |computed − expected| / max(1, |expected|): what the tolerance is compared with.</param>
/// <param name="Cosine">Cosine of the two tensors read as vectors.</param>
public sealed record TensorParity(string Name, ImmutableArray<long> Shape, double MaxAbsoluteError, double MaxScaledError, double Cosine)
{
    /// <summary>Whether the tensor is within <paramref name="tolerance"/>; a NaN is not.</summary>
    public bool Within(double tolerance) => MaxScaledError <= tolerance;

    /// <summary>Compares two tensors of the same length.</summary>
    public static TensorParity Compare(string name, ImmutableArray<long> shape, ReadOnlySpan<float> computed, ReadOnlySpan<float> expected)
    {
        double absolute = 0, scaled = 0, dot = 0, left = 0, right = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)computed[i] - expected[i]);
            absolute = Math.Max(absolute, error);
            scaled = Math.Max(scaled, error / Math.Max(1, Math.Abs((double)expected[i])));
            dot += (double)computed[i] * expected[i];
            left += (double)computed[i] * computed[i];
            right += (double)expected[i] * expected[i];
        }
        return new(name, shape, absolute, scaled, dot / Math.Sqrt(left * right));
    }
}
