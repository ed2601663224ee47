namespace VitGrid.Transport;

/// <summary>
/// Bytes of bodies that peers have announced and not yet sent, all links together. Peers that are not known have half of it, so that they
/// cannot take what the grid's own workers need. Any thread.
/// </summary>
/// <param name="max">Most bytes.</param>
internal sealed class ReceiveBudget(long max)
{
    private readonly Lock _gate = new();
    private long _known;
    private long _others;

    /// <summary>Takes a share until what is returned is disposed; null when there is none left.</summary>
    public IDisposable? TryTake(long bytes, bool isKnown)
    {
        lock (_gate)
        {
            if (bytes > max - _known - _others || (!isKnown && bytes > (max / 2) - _others))
                return null;
            Add(bytes, isKnown);
        }
        return new Share(this, bytes, isKnown);
    }

    private void Add(long bytes, bool isKnown)
    {
        if (isKnown)
            _known += bytes;
        else
            _others += bytes;
    }

    private sealed class Share(ReceiveBudget budget, long bytes, bool isKnown) : IDisposable
    {
        public void Dispose()
        {
            lock (budget._gate)
                budget.Add(-bytes, isKnown);
        }
    }
}
