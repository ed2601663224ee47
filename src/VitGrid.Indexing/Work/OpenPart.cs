namespace VitGrid.Indexing.Work;

/// <summary>
/// What gathers until it is worth writing: full, or its first row has waited long enough. Pure: the caller has the clock.
/// </summary>
internal sealed class OpenPart<T>(int maxRows, TimeSpan maxWait)
{
    private readonly List<T> _rows = [];
    private TimeSpan _since;

    public IReadOnlyList<T> Rows => _rows;

    public bool IsFull => _rows.Count >= maxRows;

    /// <summary>Rows of at most <paramref name="rowBytes"/> each that keep within both bounds; at least one.</summary>
    public static int RowsFor(int maxRows, long maxBytes, long rowBytes) => (int)Math.Clamp(maxBytes / rowBytes, 1, maxRows);

    public void Add(T row, TimeSpan now)
    {
        if (_rows.Count == 0)
            _since = now;
        _rows.Add(row);
    }

    /// <summary>How much longer it may wait for company; zero when it is due, null while it is empty.</summary>
    public TimeSpan? TimeLeft(TimeSpan now)
    {
        if (_rows.Count == 0)
            return null;
        TimeSpan left = _since + maxWait - now;
        return IsFull || left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>The rows; it is empty afterwards.</summary>
    public T[] Take()
    {
        T[] rows = [.. _rows];
        _rows.Clear();
        return rows;
    }
}
