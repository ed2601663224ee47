using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images;

/// <summary>How the two passes of a resize are computed.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Order">Order of the passes.</param>
/// <param name="Library">How finely weights are rounded.</param>
internal readonly record struct ResampleStyle(
    Interpolation Kernel = Interpolation.Bicubic, PassOrder Order = PassOrder.Horizontal, ResizeLibrary Library = ResizeLibrary.Pillow)
{
    /// <summary>One pass of it.</summary>
    public ResampleAxis Axis(int source, long result)
    {
        ResampleAxis axis = new(source, result, Kernel);
        return Library == ResizeLibrary.Torchvision && !axis.Unchanged ? axis with { FractionBits = axis.ShortWeightBits() } : axis;
    }
}

/// <summary>
/// A resize along one axis (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> of Pillow's <c>Resample.c</c>): the kernel is widened
/// by the ratio when shrinking, weights are normalised and rounded to <see cref="FractionBits"/> fractional bits.
/// </summary>
/// <param name="Source">Samples before.</param>
/// <param name="Result">Samples after; may pass what memory holds, as long as only a window of them is asked for.</param>
/// <param name="Kernel">The kernel.</param>
internal readonly record struct ResampleAxis(int Source, long Result, Interpolation Kernel = Interpolation.Bicubic)
{
    /// <summary>Pillow's fractional bits: 32 less 8 of the sample less 2 for overshoot.</summary>
    public const int PillowBits = 22;

    /// <summary>Fractional bits of a weight.</summary>
    public int FractionBits { get; init; } = PillowBits;

    private double Scale => (double)Source / Result;

    private double Widening => Math.Max(Scale, 1.0);

    private double Support => (Kernel == Interpolation.Bicubic ? 2.0 : 1.0) * Widening;

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
        WeightRow row = Row(index, weights.Length);
        double unit = 1 << FractionBits;
        for (int tap = 0; tap < weights.Length; tap++)
        {
            double scaled = Share(row, tap) * unit;
            weights[tap] = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
    }

    /// <summary>The same, not rounded.</summary>
    public void Weights(long index, Span<float> weights)
    {
        WeightRow row = Row(index, weights.Length);
        for (int tap = 0; tap < weights.Length; tap++)
            weights[tap] = (float)Share(row, tap);
    }

    /// <summary>
    /// torchvision's fractional bits: the most with which the largest weight of the whole pass, rounded, stays below 2¹⁵ (ATen's
    /// <c>_separable_upsample_generic_Nd_kernel_impl</c> for bytes).
    /// </summary>
    public int ShortWeightBits()
    {
        double largest = LargestWeight();
        int bits = 0;
        while (bits < PillowBits && (int)(0.5 + (largest * (1 << (bits + 1)))) < 1 << 15)
            bits++;
        return bits;
    }

    /// <summary>
    /// Enlarging, the largest weight is one next to an end, where fewer samples share: within the first result samples or, by symmetry,
    /// the last. Shrinking, every result sample is looked at, which is no more than the pass itself does.
    /// </summary>
    private double LargestWeight()
    {
        long ends = Scale < 1 ? (long)Math.Ceiling(2 / Scale) + 1 : Result;
        double largest = 0;
        for (long index = 0; index < Math.Min(ends, Result); index++)
            largest = Math.Max(largest, LargestWeight(index));
        for (long index = Math.Max(Result - ends, Math.Min(ends, Result)); index < Result; index++)
            largest = Math.Max(largest, LargestWeight(index));
        return largest;
    }

    private double LargestWeight(long index)
    {
        int taps = Taps(index).Count;
        WeightRow row = Row(index, taps);
        double largest = 0;
        for (int tap = 0; tap < taps; tap++)
            largest = Math.Max(largest, Share(row, tap));
        return largest;
    }

    private WeightRow Row(long index, int taps)
    {
        WeightRow row = new(Taps(index).First, (index + 0.5) * Scale, 1.0 / Widening, 0);
        double sum = 0;
        for (int tap = 0; tap < taps; tap++)
            sum += Value((tap + row.First - row.Centre + 0.5) * row.Inverse);
        return row with { Sum = sum };
    }

    private double Share(in WeightRow row, int tap)
    {
        double weight = Value((tap + row.First - row.Centre + 0.5) * row.Inverse);
        return row.Sum == 0 ? weight : weight / row.Sum;
    }

    private double Value(double x) => Kernel == Interpolation.Bicubic ? Cubic(x) : Linear(x);

    private static double Linear(double x) => Math.Max(1.0 - Math.Abs(x), 0.0);

    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1.0)
            return (((A + 2.0) * x) - (A + 3.0)) * x * x + 1;
        return x < 2.0 ? (((((x - 5) * x) + 8) * x) - 4) * A : 0.0;
    }

    /// <summary>One result sample: its first source sample, its centre, one by the widening, the weights' sum.</summary>
    private readonly record struct WeightRow(int First, double Centre, double Inverse, double Sum);
}
