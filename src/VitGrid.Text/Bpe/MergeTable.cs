namespace VitGrid.Text.Bpe;

/// <summary>Which neighbouring symbols are merged, in which order, to what. Immutable once it is filled.</summary>
internal sealed class MergeTable
{
    /// <summary>No merge.</summary>
    public const ulong None = ulong.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly ulong[] _values;
    private readonly int _shift;

    /// <summary>Creates a table for at most so many merges.</summary>
    public MergeTable(int count)
    {
        int bits = Math.Max(4, int.Log2(Math.Max(1, count)) + 2);
        _keys = new ulong[1 << bits];
        _values = new ulong[1 << bits];
        _shift = 64 - bits;
        Array.Fill(_keys, Empty);
    }

    /// <summary>Adds a merge; a later one for the same pair counts.</summary>
    /// <param name="left">The left symbol.</param>
    /// <param name="right">The right symbol.</param>
    /// <param name="rank">Lower ones are merged first.</param>
    /// <param name="merged">The symbol that both become.</param>
    public void Add(int left, int right, int rank, int merged)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (_keys[slot] != Empty && _keys[slot] != key)
            slot = (slot + 1) & (_keys.Length - 1);
        (_keys[slot], _values[slot]) = (key, ((ulong)(uint)rank << 32) | (uint)merged);
    }

    /// <summary>The merge of a pair: its rank in the upper half, the merged symbol in the lower; or <see cref="None"/>.</summary>
    public ulong Find(int left, int right)
    {
        ulong key = KeyOf(left, right);
        for (int slot = SlotOf(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            ulong found = _keys[slot];
            if (found == key)
                return _values[slot];
            if (found == Empty)
                return None;
        }
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int SlotOf(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);
}
