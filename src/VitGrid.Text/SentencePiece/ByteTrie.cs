namespace VitGrid.Text.SentencePiece;

/// <summary>Finds every piece that is a prefix of a text, by its bytes.</summary>
internal sealed class ByteTrie
{
    private const ulong Empty = ulong.MaxValue;
    private const int NoValue = -1;

    private ulong[] _edges;
    private int[] _targets;
    private int[] _values;
    private int _shift;
    private int _nodes = 1;

    /// <summary>Creates an empty trie.</summary>
    public ByteTrie()
    {
        const int bits = 10;
        (_edges, _targets, _values, _shift) = (new ulong[1 << bits], new int[1 << bits], [NoValue], 64 - bits);
        Array.Fill(_edges, Empty);
    }

    /// <summary>Adds a text; a later value for the same text counts.</summary>
    public void Add(ReadOnlySpan<byte> text, int value)
    {
        int node = 0;
        foreach (byte next in text)
            node = Child(node, next) is > 0 and var child ? child : Grow(node, next);
        _values[node] = value;
    }

    /// <summary>The node behind another; 0: there is none. The root is 0.</summary>
    public int Child(int node, byte next)
    {
        ulong edge = ((ulong)(uint)node << 8) | next;
        for (int slot = SlotOf(edge); _edges[slot] != Empty; slot = (slot + 1) & (_edges.Length - 1))
        {
            if (_edges[slot] == edge)
                return _targets[slot];
        }
        return 0;
    }

    /// <summary>The value of the text that ends at a node; negative: none does.</summary>
    public int ValueAt(int node) => _values[node];

    /// <summary>The longest text that is a prefix.</summary>
    /// <returns>Its length; 0: there is none.</returns>
    public int LongestPrefix(ReadOnlySpan<byte> text, out int value)
    {
        (value, int length, int node) = (NoValue, 0, 0);
        for (int i = 0; i < text.Length && (node = Child(node, text[i])) > 0; i++)
        {
            if (_values[node] != NoValue)
                (value, length) = (_values[node], i + 1);
        }
        return length;
    }

    private int Grow(int node, byte next)
    {
        if (_nodes * 2 > _edges.Length)
            Rehash();
        if (_nodes == _values.Length)
            Array.Resize(ref _values, _values.Length * 2);
        _values[_nodes] = NoValue;
        Put(((ulong)(uint)node << 8) | next, _nodes);
        return _nodes++;
    }

    private void Rehash()
    {
        (ulong[] edges, int[] targets) = (_edges, _targets);
        (_edges, _targets, _shift) = (new ulong[edges.Length * 2], new int[edges.Length * 2], _shift - 1);
        Array.Fill(_edges, Empty);
        for (int i = 0; i < edges.Length; i++)
        {
            if (edges[i] != Empty)
                Put(edges[i], targets[i]);
        }
    }

    private void Put(ulong edge, int target)
    {
        int slot = SlotOf(edge);
        while (_edges[slot] != Empty)
            slot = (slot + 1) & (_edges.Length - 1);
        (_edges[slot], _targets[slot]) = (edge, target);
    }

    private int SlotOf(ulong edge) => (int)((edge * 0x9E3779B97F4A7C15) >> _shift);
}
