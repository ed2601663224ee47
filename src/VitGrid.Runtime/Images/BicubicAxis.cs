namespace VitGrid.Runtime.Images;

/// <summary>
/// Pillow's bicubic along one axis (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> of its <c>Resample.c</c>): kernel a = −0.5,
/// widened by the ratio when shrinking, weights normalised and rounded to <see cref="FractionBits"/> fractional bits.
/// </summary>
/// <param name="Source">Samples before.</param>
/// <param name="Result">Samples after; may pass what memory holds, as long as only a window of them is asked for.</param>
internal readonly record struct BicubicAxis(int Source, long Result)
{
    /// <summary>Fractional bits of a weight: 32 less 8 of the sample less 2 for overshoot.</summary>
    public const int FractionBits = 22;

    private double Scale => (double)Source / Result;

    private double Widening => Math.Max(Scale, 1.0);

    private double Support => 2.0 * Widening;

    /// <summary>Whether the pass is skipped.</summary>
    public bool Unchanged => Source == Result;

    /// <summary>The most weights one result sample has.</summary>
    public int MaxTaps => (int)Math.Min(Source, ((long)Math.Ceiling(Support) * 2) + 1);

    /// <summary>First source sample and number of samples that <paramref name="index"/> of the result is made of.</summary>
    public (int First, int Count) Taps(long index)
    {
        double centre = (index + 0.5) * Scale;
        int first = (int)Math.Max(centre - Support + 0.5, 0);
        int end = (int)Math.Min(centre + Support + 0.5, Source);
        return (first, end - first);
    }

    /// <summary>First source sample and number of samples of results <paramref name="first"/> … first + count − 1 together.</summary>
    public (int First, int Count) Extent(long first, int count)
    {
        if (Unchanged)
            return ((int)first, count);
        int start = Taps(first).First;
        (int last, int taps) = Taps(first + count - 1);
        return (start, last + taps - start);
    }

    /// <summary>Writes the weights of result sample <paramref name="index"/>, one per source sample from <see cref="Taps"/>.</summary>
    public void Weights(long index, Span<int> weights)
    {
        (int first, _) = Taps(index);
        double centre = (index + 0.5) * Scale;
        double inverse = 1.0 / Widening;
        double sum = 0;
        for (int tap = 0; tap < weights.Length; tap++)
            sum += Kernel((tap + first - centre + 0.5) * inverse);
        for (int tap = 0; tap < weights.Length; tap++)
            weights[tap] = Fixed(Kernel((tap + first - centre + 0.5) * inverse), sum);
    }

    private static int Fixed(double weight, double sum)
    {
        double scaled = (sum == 0 ? weight : weight / sum) * (1 << FractionBits);
        return (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }

    private static double Kernel(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1.0)
            return (((A + 2.0) * x) - (A + 3.0)) * x * x + 1;
        return x < 2.0 ? (((((x - 5) * x) + 8) * x) - 4) * A : 0.0;
    }
}
