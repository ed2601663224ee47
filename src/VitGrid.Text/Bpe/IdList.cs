namespace VitGrid.Text.Bpe;

/// <summary>The ids of a text under way: the first ones are kept, all are counted.</summary>
/// <param name="kept">Room for the ids that are kept, without the end token.</param>
internal ref struct IdList(Span<int> kept)
{
    private readonly Span<int> _kept = kept;
    private int _last = -1;

    /// <summary>All ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Those that are kept.</summary>
    public readonly ReadOnlySpan<int> Kept => _kept[..Math.Min(Count, _kept.Length)];

    /// <summary>Adds an id.</summary>
    public void Add(int id)
    {
        if (Count < _kept.Length)
            _kept[Count] = id;
        Count++;
        _last = id;
    }

    /// <summary>Adds several.</summary>
    public void Add(scoped ReadOnlySpan<int> ids)
    {
        if (Count < _kept.Length)
            ids[..Math.Min(ids.Length, _kept.Length - Count)].CopyTo(_kept[Count..]);
        Count += ids.Length;
        _last = ids.Length > 0 ? ids[^1] : _last;
    }

    /// <summary>The ids with the end token behind them.</summary>
    public readonly TokenizedText Ended(int endId) => new([.. Kept, endId], Count + 1);

    /// <summary>The ids with the end token behind them, unless it stands there already.</summary>
    public readonly TokenizedText EndedOnce(int endId)
    {
        int untruncated = _last == endId ? Count : Count + 1;
        return Kept.Length > 0 && Kept[^1] == endId ? new(Kept.ToArray(), untruncated) : new([.. Kept, endId], untruncated);
    }
}
