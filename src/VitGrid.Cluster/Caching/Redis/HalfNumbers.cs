namespace VitGrid.Cluster.Caching.Redis;

/// <summary>Vectors in half precision: to the nearest, ties to even.</summary>
internal static class HalfNumbers
{
    public static void Narrow(ReadOnlySpan<float> vector, Span<Half> halves)
    {
        for (int i = 0; i < vector.Length; i++)
            halves[i] = (Half)vector[i];
    }

    public static void Widen(ReadOnlySpan<Half> halves, Span<float> vector)
    {
        for (int i = 0; i < halves.Length; i++)
            vector[i] = (float)halves[i];
    }

    /// <summary>
    /// What is left of a vector after it was stored and read; null when a number is beyond half precision, whose largest is 65,504. Rounded
    /// once, it no longer changes.
    /// </summary>
    public static float[]? Rounded(ReadOnlySpan<float> vector)
    {
        Half[] halves = new Half[vector.Length];
        Narrow(vector, halves);
        float[] rounded = new float[vector.Length];
        Widen(halves, rounded);
        return Array.TrueForAll(rounded, float.IsFinite) ? rounded : null;
    }
}
