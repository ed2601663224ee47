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
    private readonly Dictionary<string, MappedWeights> _mapped = [];

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

    /// <summary>
    /// The checksums under <paramref name="key"/>, which outlive the weights: those that are loaded again are to be what they were.
    /// </summary>
    /// <exception cref="WeightsChangedException">They were found changed, and still are.</exception>
    internal MappedWeights Check(string key, Func<MappedWeights> create)
    {
        lock (_lock)
        {
            if (!_mapped.TryGetValue(key, out MappedWeights? mapped))
                _mapped.Add(key, mapped = create());
            return mapped.FindChange() is { } change ? throw new WeightsChangedException(change) : mapped;
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
