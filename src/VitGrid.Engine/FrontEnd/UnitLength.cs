namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Scales vectors to length one; HTTP, <c>embed</c> and the indexing queue give equal vectors because all of them do it here.
/// </summary>
public static class UnitLength
{
    /// <summary>
    /// The vector divided by its L2 norm, summed in double from first to last; a vector of zeros stays one.
    /// </summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static float[] Normalize(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
            sum += (double)value * value;
        if (!double.IsFinite(sum))
            throw NotFinite(vector);
        double norm = Math.Sqrt(sum);
        float[] unit = vector.ToArray();
        if (norm > 0)
        {
            for (int i = 0; i < unit.Length; i++)
                unit[i] = (float)(unit[i] / norm);
        }
        return unit;
    }

    /// <summary>The refusal of a vector with a value that is no number.</summary>
    public static ArithmeticException NotFinite(ReadOnlySpan<float> vector)
    {
        int at = 0;
        while (at < vector.Length && float.IsFinite(vector[at]))
            at++;
        return new($"the model's vector holds {vector[at]} at position {at} of {vector.Length}; JSON has no such number, and the weights "
            + $"or the precision are at fault");
    }
}
