using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Sessions;

/// <summary>
/// Lets the sessions of a process that hold the same segment, each on a CPU device of its own, hold its weights once: a further session of
/// the 300M model takes some 30 MB instead of 1.2 GB. Weights that are stored as another type than they are computed in are each session's
/// own. Thread-safe.
/// </summary>
public sealed class WeightSharing
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (SharedWeights Weights, int Holders)> _present = [];

    /// <summary>Segments held.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _present.Count;
        }
    }

    /// <summary>The weights of <paramref name="model"/>; disposing what is returned gives up a share, and the last frees them.</summary>
    internal SharedWeights Take(SegmentModel model)
    {
        string key = Key(model);
        lock (_lock)
        {
            (SharedWeights weights, int holders) = _present.TryGetValue(key, out (SharedWeights, int) present)
                ? present
                : (new SharedWeights(model.Weights, () => GiveUp(key)), 0);
            _present[key] = (weights, holders + 1);
            return weights;
        }
    }

    /// <summary>Whether that was the last share.</summary>
    private bool GiveUp(string key)
    {
        lock (_lock)
        {
            (SharedWeights weights, int holders) = _present[key];
            if (holders == 1)
                return _present.Remove(key);
            _present[key] = (weights, holders - 1);
            return false;
        }
    }

    private static string Key(SegmentModel model) =>
        string.Join('\n', model.Weights.Select(weight => weight.Slice.Tensor.File).Distinct().Append(model.Request.Blocks.ToString()));
}
