namespace VitGrid.Hub.Pulling;

/// <summary>Counts the bytes of a pull. Thread-safe.</summary>
/// <param name="progress">Told of each change.</param>
internal sealed class PullCount(Action<PullProgress> progress)
{
    private readonly Lock _lock = new();
    private PullProgress _now;

    /// <summary>Bytes that came over the network.</summary>
    public long Fetched => _now.FetchedBytes;

    /// <summary>Adds files that are needed.</summary>
    public void Expect(IReadOnlyList<HubFile> files)
    {
        lock (_lock)
            _now = _now with { Files = _now.Files + files.Count, Bytes = _now.Bytes + files.Sum(file => file.Bytes) };
    }

    /// <summary>Adds bytes that are there.</summary>
    /// <param name="bytes">How many; negative: they were thrown away.</param>
    /// <param name="isFetched">Whether they came over the network.</param>
    public void Move(long bytes, bool isFetched)
    {
        PullProgress now;
        lock (_lock)
            now = _now = _now with { DoneBytes = _now.DoneBytes + bytes, FetchedBytes = _now.FetchedBytes + (isFetched ? bytes : 0) };
        progress(now);
    }
}
