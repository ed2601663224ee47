using System.Numerics.Tensors;

namespace VitGrid.Model.Tensors;

/// <summary>
/// Converts between single and half precision: to the nearest, ties to even; beyond ±65,504 to infinity. Widening is exact.
/// </summary>
public static class HalfNumbers
{
    /// <summary>Narrows all of <paramref name="numbers"/> into as many places of <paramref name="halves"/>.</summary>
    public static void Narrow(ReadOnlySpan<float> numbers, Span<Half> halves) => TensorPrimitives.ConvertToHalf(numbers, halves);

    /// <summary>Narrows all of <paramref name="numbers"/>.</summary>
    public static Half[] Narrow(ReadOnlySpan<float> numbers)
    {
        Half[] halves = new Half[numbers.Length];
        Narrow(numbers, halves);
        return halves;
    }

    /// <summary>Widens all of <paramref name="halves"/> into as many places of <paramref name="numbers"/>.</summary>
    public static void Widen(ReadOnlySpan<Half> halves, Span<float> numbers) => TensorPrimitives.ConvertToSingle(halves, numbers);

    /// <summary>
    /// Rounds to half precision and back; null when a number is beyond it. Rounded once, a vector no longer changes.
    /// </summary>
    public static float[]? Rounded(ReadOnlySpan<float> numbers)
    {
        float[] rounded = new float[numbers.Length];
        Widen(Narrow(numbers), rounded);
        return Array.TrueForAll(rounded, float.IsFinite) ? rounded : null;
    }
}
