namespace VitGrid.Engine.Caching;

/// <summary>Equal requests at the same time compute once. Outcomes are not kept: a failure is not seen by a later request.</summary>
internal sealed class SingleFlight<TKey, T>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Flight<T>> _flights = [];

    /// <summary>Keys being computed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _flights.Count;
        }
    }

    /// <summary>
    /// Joins the flight of <paramref name="key"/>, or starts it with <paramref name="work"/>, called on this thread before the method
    /// first awaits.
    /// </summary>
    public Task<T> RunAsync(TKey key, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        Flight<T>? flight;
        bool joined;
        lock (_gate)
        {
            joined = _flights.TryGetValue(key, out flight) && flight.TryJoin();
            if (!joined)
                _flights[key] = flight = new();
        }
        if (!joined)
            _ = flight!.RunAsync(work, () => Land(key, flight));
        return flight!.WaitAsync(cancellationToken);
    }

    private void Land(TKey key, Flight<T> flight)
    {
        lock (_gate)
        {
            // An abandoned flight may already have been followed by another under the same key.
            if (_flights.TryGetValue(key, out Flight<T>? current) && current == flight)
                _flights.Remove(key);
        }
    }
}
