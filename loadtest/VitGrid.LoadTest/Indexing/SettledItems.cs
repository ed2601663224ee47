namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// How many items of a job were durable at which moments. They become so by parts: the rate is that between two parts, not that from the
/// start, so that neither the submission nor the last part's wait for company counts. Pure.
/// </summary>
internal sealed class SettledItems
{
    private readonly List<(TimeSpan At, long Items)> _steps = [];

    /// <summary>Items durable by now.</summary>
    public long Items => _steps.Count == 0 ? 0 : _steps[^1].Items;

    /// <summary>When the last of them became so; zero before the first.</summary>
    public TimeSpan Since => _steps.Count == 0 ? TimeSpan.Zero : _steps[^1].At;

    /// <summary>So many were durable at that moment.</summary>
    public void Saw(TimeSpan at, long items)
    {
        if (items > Items)
            _steps.Add((at, items));
    }

    /// <summary>Items a second from the first part to the last but one.</summary>
    /// <exception cref="InvalidOperationException">There were fewer than three.</exception>
    public double PerSecond()
    {
        if (_steps.Count < 3)
            throw new InvalidOperationException($"the job's items came in {_steps.Count} parts; a rate takes at least 3: use more images");
        ((TimeSpan begun, long before), (TimeSpan ended, long after)) = (_steps[0], _steps[^2]);
        return (after - before) / (ended - begun).TotalSeconds;
    }
}
