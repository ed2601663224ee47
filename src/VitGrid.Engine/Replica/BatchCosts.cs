namespace VitGrid.Engine.Replica;

/// <summary>
/// What a batch costs in time, as a line over its size: a part of its own and a part for each image, from what batches took lately. A GPU
/// takes hardly longer for eight images than for one, a CPU eight times as long. Clock-free; not thread-safe.
/// </summary>
internal sealed class BatchCosts
{
    /// <summary>A small batch takes at most so many times what one image takes.</summary>
    private const double SmallFactor = 1.5;

    // What a batch has shown counts half after some 34 others.
    private const double Memory = 0.98;

    private double _count;
    private double _sizes;
    private double _squares;
    private double _seconds;
    private double _products;

    /// <summary>Takes in how long a batch was worked on.</summary>
    public void Add(int size, TimeSpan took)
    {
        double seconds = took.TotalSeconds;
        _count = (_count * Memory) + 1;
        _sizes = (_sizes * Memory) + size;
        _squares = (_squares * Memory) + ((double)size * size);
        _seconds = (_seconds * Memory) + seconds;
        _products = (_products * Memory) + (size * seconds);
    }

    /// <summary>
    /// The largest size, up to <paramref name="max"/>, at which a batch takes little longer than one image; a quarter of it while batches
    /// of different sizes have not been seen.
    /// </summary>
    public int SmallSize(int max)
    {
        double spread = (_count * _squares) - (_sizes * _sizes);
        if (_count < 2 || spread < 0.01 * _count * _count)
            return (max + 3) / 4;
        double perImage = ((_count * _products) - (_sizes * _seconds)) / spread;
        double perBatch = Math.Max(0, (_seconds - (perImage * _sizes)) / _count);
        // So that perBatch + n * perImage is at most SmallFactor times perBatch + perImage.
        return perImage <= 0 ? max : (int)Math.Clamp(SmallFactor + ((SmallFactor - 1) * perBatch / perImage), 1, max);
    }
}
