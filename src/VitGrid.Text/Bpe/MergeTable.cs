namespace VitGrid.Text.Bpe;

/// <summary>
/// Which neighbouring symbols are merged, in which order, to what. Immutable once it is filled. An entry is one 64-bit word, so that a
/// look-up, which mostly finds nothing, costs one line of the processor's cache.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of what is not merged.</summary>
    public const int None = int.MaxValue;

    /// <summary>One more than the highest symbol.</summary>
    public const int MaxSymbols = 1 << SymbolBits;

    /// <summary>One more than the highest rank.</summary>
    public const int MaxRanks = (1 << RankBits) - 1;

    private const int SymbolBits = 21, RankBits = 22;
    private const ulong RankMask = (1UL << RankBits) - 1;

    // The highest rank of all is given to nothing, so that no entry looks like this.
    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _entries;
    private readonly int[] _merged;
    private readonly int _shift;

    /// <summary>Creates a table.</summary>
    /// <param name="count">Pairs it has room for.</param>
    /// <param name="ranks">One more than the highest rank.</param>
    public MergeTable(int count, int ranks)
    {
        int bits = Math.Max(4, int.Log2(Math.Max(1, count)) + 2);
        (_entries, _merged, _shift) = (new ulong[1 << bits], new int[ranks], 64 - bits);
        Array.Fill(_entries, Empty);
        Array.Fill(_merged, -1);
    }

    /// <summary>Adds a merge; a later one for the same pair counts.</summary>
    /// <param name="left">The left symbol.</param>
    /// <param name="right">The right symbol.</param>
    /// <param name="rank">Lower ones are merged first.</param>
    /// <param name="merged">The symbol that both become.</param>
    /// <returns>False: the rank makes another symbol already.</returns>
    public bool TryAdd(int left, int right, int rank, int merged)
    {
        if (_merged[rank] >= 0 && _merged[rank] != merged)
            return false;
        _merged[rank] = merged;
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (_entries[slot] != Empty && _entries[slot] >> RankBits != key)
            slot = (slot + 1) & (_entries.Length - 1);
        _entries[slot] = (key << RankBits) | (uint)rank;
        return true;
    }

    /// <summary>The rank of a pair, or <see cref="None"/>.</summary>
    public int Find(int left, int right)
    {
        ulong[] entries = _entries;
        ulong key = KeyOf(left, right);
        for (int slot = SlotOf(key); ; slot++)
        {
            ulong found = entries[slot & (entries.Length - 1)];
            if (found >> RankBits == key)
                return found == Empty ? None : (int)(found & RankMask);
            if (found == Empty)
                return None;
        }
    }

    /// <summary>What the pairs of a rank become.</summary>
    public int MergedOf(int rank) => _merged[rank];

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << SymbolBits) | (uint)right;

    private int SlotOf(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);
}
