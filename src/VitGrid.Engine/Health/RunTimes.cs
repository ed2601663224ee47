namespace VitGrid.Engine.Health;

/// <summary>What runs are told apart by: how long one takes depends on it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Segment">Number of its segment.</param>
/// <param name="Images">Images in the batch; 0: a probe.</param>
internal readonly record struct RunShape(string Model, int Segment, int Images)
{
    /// <summary>Rows computed of each text; 0 where all have as many.</summary>
    public int Rows { get; init; }

    /// <summary>Whether features are given out as well, which takes longer.</summary>
    public bool Features { get; init; }
}

/// <summary>
/// How long the runs of each shape took lately on one device, and with that how long the next one may take. Clock-free; not thread-safe.
/// </summary>
/// <param name="factor">How many times the median.</param>
/// <param name="floor">What every run may take.</param>
internal sealed class RunTimes(double factor, TimeSpan floor)
{
    /// <summary>Runs of a shape until its median counts.</summary>
    public const int Enough = 5;

    // A shape that was not seen often is bounded by the few times that it was, and by other sizes, generously.
    private const double UnseenFactor = 10;

    private readonly Dictionary<RunShape, Shape> _shapes = [];

    /// <summary>How long a run may take; null: nothing like it was seen.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="first">How long such a run took once, before any was counted; null: not known.</param>
    public TimeSpan? Bound(RunShape shape, TimeSpan? first = null)
    {
        if (Known(shape) is { } seen)
            return Max(TimeSpan.FromSeconds(factor * seen.Median));
        double? longest = first?.TotalSeconds;
        foreach ((RunShape other, Shape times) in _shapes)
        {
            if (other == shape || (other.Model == shape.Model && other.Segment == shape.Segment && other.Images > 0 && shape.Images > 0))
                longest = Math.Max(longest ?? 0, times.Median * Part(shape.Images, other.Images) * Part(shape.Rows, other.Rows));
        }
        return longest is { } seconds ? Max(TimeSpan.FromSeconds(UnseenFactor * seconds)) : null;
    }

    /// <summary>How many times as much there is to compute, at least once.</summary>
    private static double Part(int own, int other) => Math.Max(1, (double)own / Math.Max(1, other));

    /// <summary>Takes in how long a run took.</summary>
    public void Add(RunShape shape, TimeSpan took)
    {
        if (!_shapes.TryGetValue(shape, out Shape? times))
            _shapes.Add(shape, times = new());
        times.Add(took.TotalSeconds);
    }

    /// <summary>The median time of a shape; null until it was seen often enough.</summary>
    public TimeSpan? Median(RunShape shape) => Known(shape) is { } seen ? TimeSpan.FromSeconds(seen.Median) : null;

    /// <summary>The present rate of a shape as a part of the best that lasted; 1 until it was seen often enough.</summary>
    public double Share(RunShape shape) => Known(shape) is { } seen ? Math.Min(1, seen.Best / seen.Median) : 1;

    private Shape? Known(RunShape shape) => _shapes.TryGetValue(shape, out Shape? times) && times.Count >= Enough ? times : null;

    private TimeSpan Max(TimeSpan bound) => bound > floor ? bound : floor;

    private sealed class Shape
    {
        private const int Window = 31;
        // A rate that is never reached again is forgotten: by half in some 1,400 medians.
        private const double Forgetting = 1.0005;

        private readonly double[] _last = new double[Window];
        private readonly double[] _sorted = new double[Window];

        public int Count { get; private set; }

        public double Median { get; private set; }

        public double Best { get; private set; } = double.PositiveInfinity;

        public void Add(double seconds)
        {
            _last[Count % Window] = seconds;
            Count++;
            int present = Math.Min(Count, Window);
            _last.AsSpan(0, present).CopyTo(_sorted);
            _sorted.AsSpan(0, present).Sort();
            Median = _sorted[present / 2];
            if (Count >= Enough)
                Best = Math.Min(Best * Forgetting, Median);
        }
    }
}

/// <summary>
/// When a device that was given up may be probed again: after a pause that doubles each time it does not stay well for ten times as long.
/// Clock-free; not thread-safe.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private const int WellFactor = 10;

    // A recall reaches five seconds beyond the find, since clocks differ.
    private static readonly TimeSpan Recalled = TimeSpan.FromSeconds(6);

    private TimeSpan _pause;
    private TimeSpan _returned;

    /// <summary>The device was given up, or its probes failed, at <paramref name="now"/>.</summary>
    /// <returns>When to probe it.</returns>
    public TimeSpan Fail(TimeSpan now)
    {
        bool wasWell = _pause == TimeSpan.Zero || (_returned > TimeSpan.Zero && now - _returned > WellFactor * _pause);
        _pause = wasWell ? first : 2 * _pause < longest ? 2 * _pause : longest;
        _returned = TimeSpan.Zero;
        return now + _pause;
    }

    /// <summary>When one may be probed at the earliest that was found at <paramref name="now"/> to compute wrong.</summary>
    public TimeSpan AfterRecall(TimeSpan now) => now + (Recalled < longest ? Recalled : longest);

    /// <summary>It came back.</summary>
    public void Return(TimeSpan now) => _returned = now;
}
