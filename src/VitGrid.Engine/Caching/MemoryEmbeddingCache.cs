using VitGrid.Engine.Options;

namespace VitGrid.Engine.Caching;

/// <summary>
/// The in-process level: exact fp32 vectors, bounded in bytes, cut into shards so that threads rarely meet at a lock. Any thread may call.
/// </summary>
public sealed class MemoryEmbeddingCache
{
    private const int MaxShards = 16;
    private const long MinShardBytes = 4L << 20;

    private readonly SieveShard[] _shards;

    /// <summary>Makes it empty, of <see cref="CacheOptions.MemoryBytes"/>.</summary>
    public MemoryEmbeddingCache(CacheOptions options)
    {
        int count = (int)Math.Clamp(options.MemoryBytes / MinShardBytes, 1, MaxShards);
        _shards = [.. Enumerable.Range(0, count).Select(_ => new SieveShard(options.MemoryBytes / count))];
    }

    /// <summary>Bytes held, at most <see cref="CacheOptions.MemoryBytes"/>.</summary>
    internal long Bytes => _shards.Sum(shard => shard.Bytes);

    /// <summary>What was found out about devices: none of their vectors is kept. Null: nothing ever is.</summary>
    public VectorRecalls? Recalls { get; init; }

    internal bool TryGet(in EmbeddingKey key, out CachedVector vector) => ShardOf(key).TryGet(key, out vector);

    /// <summary>Keeps the vector's numbers themselves, not a copy: nobody may write to them any more.</summary>
    internal void Set(in EmbeddingKey key, CachedVector vector)
    {
        ShardOf(key).Set(key, vector);
        // Asked afterwards: a recall that came meanwhile has either taken it out already, or is known by now.
        if (Recalls?.Covers(vector.Origin) == true)
            ShardOf(key).Remove(key);
    }

    /// <summary>Forgets what a device computed that was found wrong.</summary>
    /// <returns>How many of each weights' fingerprint there were.</returns>
    public IReadOnlyDictionary<string, int> Remove(VectorRecall recall)
    {
        Dictionary<string, int> gone = [];
        foreach (EmbeddingKey key in _shards.SelectMany(shard => shard.Remove(recall)))
        {
            string revision = StoredKey.Parse(key.ToString())?.Revision ?? "";
            gone[revision] = gone.GetValueOrDefault(revision) + 1;
        }
        return gone;
    }

    private SieveShard ShardOf(in EmbeddingKey key) => _shards[(int)((uint)key.DigestHigh % (uint)_shards.Length)];
}

/// <summary>
/// A part of the in-process cache under one lock, bounded in bytes. Eviction is SIEVE (Zhang et al., NSDI 2024): entries stand in order
/// of arrival, a hit only marks its entry, and a hand walks from the oldest to the newest, sparing (and unmarking) marked entries. A
/// scan over many new images so passes without flushing those asked for again.
/// </summary>
internal sealed class SieveShard(long capacity)
{
    /// <summary>
    /// Bytes of an entry besides its floats and its scope's text: array, node, entry, dictionary slot, and its part of an origin, which
    /// the images of a batch share. Measured: 280 on the heap at 100,000 entries without origins; one of its own takes 40 more.
    /// </summary>
    public const int Overhead = 328;

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

    public bool TryGet(in EmbeddingKey key, out CachedVector vector)
    {
        lock (_gate)
        {
            bool found = _index.TryGetValue(key, out LinkedListNode<Entry>? node);
            vector = node?.Value.Vector ?? default;
            if (found)
                node!.Value.Asked = true;
            return found;
        }
    }

    public void Set(in EmbeddingKey key, CachedVector vector)
    {
        long cost = Cost(key, vector.Vector);
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

    public void Remove(in EmbeddingKey key)
    {
        lock (_gate)
        {
            if (_index.TryGetValue(key, out LinkedListNode<Entry>? node))
                Remove(node);
        }
    }

    /// <summary>Removes what a recall covers; gives the keys.</summary>
    public IReadOnlyList<EmbeddingKey> Remove(VectorRecall recall)
    {
        lock (_gate)
        {
            LinkedListNode<Entry>[] gone = [.. _index.Values.Where(node => recall.Covers(node.Value.Vector.Origin))];
            foreach (LinkedListNode<Entry> node in gone)
                Remove(node);
            return Array.ConvertAll(gone, node => node.Value.Key);
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

    private sealed class Entry(EmbeddingKey key, CachedVector vector, long cost)
    {
        public EmbeddingKey Key { get; } = key;

        public CachedVector Vector { get; } = vector;

        public long Cost { get; } = cost;

        public bool Asked { get; set; }
    }
}
