namespace VitGrid.Engine.Replica;

/// <summary>
/// What a batch costs in time, as a line over its size: a part of its own and a part for each image, from what batches took lately. A GPU
/// takes hardly longer for eight images than for one, a CPU eight times as long. Clock-free; not thread-safe.
/// </summary>
internal sealed class BatchCosts
{
    /// <summary>A small batch takes at most so many times what one image takes.</summary>
    private const double SmallFactor = 1.5;

    /// <summary>The part of the largest batch's images a second that an efficient one reaches at least.</summary>
    private const double EfficientPart = 0.98;

    // So that a whole number which the line's sums miss by as much is still that number.
    private const double Rounding = 1e-6;

    // What a batch has shown counts half after some 69 others.
    private const double Memory = 0.99;

    private double _count;
    private double _sizes;
    private double _squares;
    private double _seconds;
    private double _products;
    private (double PerBatch, double PerImage)? _line;

    /// <summary>Takes in how long a batch was worked on.</summary>
    public void Add(int size, TimeSpan took)
    {
        double seconds = took.TotalSeconds;
        _count = (_count * Memory) + 1;
        _sizes = (_sizes * Memory) + size;
        _squares = (_squares * Memory) + ((double)size * size);
        _seconds = (_seconds * Memory) + seconds;
        _products = (_products * Memory) + (size * seconds);
        double spread = (_count * _squares) - (_sizes * _sizes);
        if (_count < 2 || spread < 0.01 * _count * _count)
            return;
        double perImage = ((_count * _products) - (_sizes * _seconds)) / spread;
        _line = (Math.Max(0, (_seconds - (perImage * _sizes)) / _count), perImage);
    }

    /// <summary>
    /// The largest size, up to <paramref name="max"/>, at which a batch takes little longer than one image; a quarter of it until batches
    /// of different sizes have been seen.
    /// </summary>
    public int SmallSize(int max)
    {
        if (_line is not { } cost)
            return (max + 3) / 4;
        // So that perBatch + n * perImage is at most SmallFactor times perBatch + perImage.
        return cost.PerImage <= 0
            ? max : (int)Math.Clamp(SmallFactor + ((SmallFactor - 1) * cost.PerBatch / cost.PerImage) + Rounding, 1, max);
    }

    /// <summary>
    /// The smallest size at which as good as no throughput is lost beside batches of <paramref name="max"/>: 1 where each image takes its
    /// time, nearly all of <paramref name="max"/> where a batch takes as long however large it is; <paramref name="max"/> until batches of
    /// different sizes have been seen.
    /// </summary>
    public int EfficientSize(int max)
    {
        if (_line is not { } cost)
            return max;
        // From n / (perBatch + n * perImage) >= EfficientPart * max / (perBatch + max * perImage).
        double perImage = Math.Max(0, cost.PerImage);
        double lost = cost.PerBatch + ((1 - EfficientPart) * max * perImage);
        return lost <= 0 ? max : (int)Math.Clamp(Math.Ceiling((EfficientPart * max * cost.PerBatch / lost) - Rounding), 1, max);
    }
}
