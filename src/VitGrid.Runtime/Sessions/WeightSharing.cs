namespace VitGrid.Runtime.Sessions;

/// <summary>
/// Lets the sessions of a process that hold the same segment, each on a device of its own that shares the host, hold its weights once: a
/// further session of the 300M model takes some 30 MB instead of 1.2 GB. What is shared, and under which key, is the backend's.
/// Thread-safe.
/// </summary>
public sealed class WeightSharing
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (IDisposable Weights, int Holders)> _present = [];

    /// <summary>Segments held.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _present.Count;
        }
    }

    /// <summary>Finds the weights under <paramref name="key"/> or makes them, and counts one more holder.</summary>
    /// <param name="key">Tells weights apart.</param>
    /// <param name="create">Makes them; is handed what gives up a share and says whether it was the last.</param>
    internal T Obtain<T>(string key, Func<Func<bool>, T> create)
        where T : class, IDisposable
    {
        lock (_lock)
        {
            (IDisposable weights, int holders) = _present.TryGetValue(key, out (IDisposable, int) present)
                ? present
                : (create(() => GiveUp(key)), 0);
            _present[key] = (weights, holders + 1);
            return (T)weights;
        }
    }

    private bool GiveUp(string key)
    {
        lock (_lock)
        {
            (IDisposable weights, int holders) = _present[key];
            if (holders == 1)
                return _present.Remove(key);
            _present[key] = (weights, holders - 1);
            return false;
        }
    }
}
