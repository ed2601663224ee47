using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Engine.Caching;

/// <summary>
/// A part of the in-process cache under one lock, bounded in bytes. Eviction is SIEVE (Zhang et al., NSDI 2024): entries stand in order
/// of arrival, a hit only marks its entry, and a hand walks from the oldest to the newest, sparing (and unmarking) marked entries. A
/// scan over many new images so passes without flushing those asked for again.
/// </summary>
internal sealed class SieveShard(long capacity)
{
    /// <summary>
    /// Bytes of an entry besides its floats and its scope's text: array, node, entry, dictionary slot. Measured: 280 on the heap at
    /// 100,000 entries.
    /// </summary>
    public const int Overhead = 280;

    private readonly Lock _gate = new();
    private readonly Dictionary<EmbeddingKey, LinkedListNode<Entry>> _index = [];
    private readonly LinkedList<Entry> _arrivals = [];
    private LinkedListNode<Entry>? _hand;
    private long _bytes;

    /// <summary>Bytes held, overhead included.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    public static long Cost(in EmbeddingKey key, float[] vector) =>
        Overhead + (sizeof(char) * key.Scope.Length) + (sizeof(float) * (long)vector.Length);

    public bool TryGet(in EmbeddingKey key, [NotNullWhen(true)] out float[]? vector)
    {
        lock (_gate)
        {
            bool found = _index.TryGetValue(key, out LinkedListNode<Entry>? node);
            vector = node?.Value.Vector;
            if (found)
                node!.Value.Asked = true;
            return found;
        }
    }

    public void Set(in EmbeddingKey key, float[] vector)
    {
        long cost = Cost(key, vector);
        lock (_gate)
        {
            if (_index.TryGetValue(key, out LinkedListNode<Entry>? old))
                Remove(old);
            if (cost > capacity)
                return;
            while (_bytes + cost > capacity)
                Evict();
            _index[key] = _arrivals.AddLast(new Entry(key, vector, cost));
            _bytes += cost;
        }
    }

    private void Evict()
    {
        LinkedListNode<Entry> candidate = _hand ?? _arrivals.First!;
        while (candidate.Value.Asked)
        {
            candidate.Value.Asked = false;
            candidate = candidate.Next ?? _arrivals.First!;
        }
        _hand = candidate;
        Remove(candidate);
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        if (_hand == node)
            _hand = node.Next;
        _arrivals.Remove(node);
        _index.Remove(node.Value.Key);
        _bytes -= node.Value.Cost;
    }

    private sealed class Entry(EmbeddingKey key, float[] vector, long cost)
    {
        public EmbeddingKey Key { get; } = key;

        public float[] Vector { get; } = vector;

        public long Cost { get; } = cost;

        public bool Asked { get; set; }
    }
}
