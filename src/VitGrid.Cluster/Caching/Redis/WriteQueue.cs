using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>A vector to be written.</summary>
internal sealed record CacheWrite(string Key, byte[] Value)
{
    /// <summary>Where it was computed; null where nobody says.</summary>
    public VectorOrigin? Origin { get; init; }

    /// <summary>What it is counted as: the value and the key's text.</summary>
    public long Bytes => Value.Length + (sizeof(char) * (long)Key.Length);
}

/// <summary>Vectors on their way to Redis, bounded in number and bytes: the oldest make room. Not for several threads at once.</summary>
internal sealed class WriteQueue(int maxItems, long maxBytes)
{
    private readonly Queue<CacheWrite> _waiting = new();

    public int Count => _waiting.Count;

    public long Bytes { get; private set; }

    /// <summary>Adds one.</summary>
    /// <returns>How many had to go for it; one that is larger than the bound goes itself.</returns>
    public int Add(CacheWrite write)
    {
        _waiting.Enqueue(write);
        Bytes += write.Bytes;
        int dropped = 0;
        for (; _waiting.Count > maxItems || Bytes > maxBytes; dropped++)
            Take();
        return dropped;
    }

    /// <summary>The oldest, at most <paramref name="most"/>.</summary>
    public IReadOnlyList<CacheWrite> Take(int most)
    {
        CacheWrite[] batch = new CacheWrite[Math.Min(most, _waiting.Count)];
        for (int i = 0; i < batch.Length; i++)
            batch[i] = Take();
        return batch;
    }

    private CacheWrite Take()
    {
        CacheWrite oldest = _waiting.Dequeue();
        Bytes -= oldest.Bytes;
        return oldest;
    }
}
