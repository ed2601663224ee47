namespace VitGrid.Server.Verbs.Embed;

/// <summary>One neighbour: its place in the list that was searched, and the cosine.</summary>
internal readonly record struct Neighbour(int Index, float Cosine);

/// <summary>The vectors with the largest cosines of those met so far.</summary>
/// <param name="count">How many are kept.</param>
internal sealed class TopMatches(int count)
{
    private readonly List<Neighbour> _nearest = new(count + 1);

    /// <summary>Largest cosine first, equal ones in the order in which they came.</summary>
    public IReadOnlyList<Neighbour> Nearest => _nearest;

    /// <summary>Takes a vector in, if it is among the nearest.</summary>
    public void Add(int index, float cosine)
    {
        if (_nearest.Count == count && cosine <= _nearest[^1].Cosine)
            return;
        _nearest.Insert(_nearest.FindLastIndex(other => other.Cosine >= cosine) + 1, new(index, cosine));
        if (_nearest.Count > count)
            _nearest.RemoveAt(count);
    }
}
