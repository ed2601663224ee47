using System.Diagnostics.CodeAnalysis;
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

    internal bool TryGet(in EmbeddingKey key, [NotNullWhen(true)] out float[]? vector) => ShardOf(key).TryGet(key, out vector);

    /// <summary>Keeps <paramref name="vector"/> itself, not a copy: nobody may write to it any more.</summary>
    internal void Set(in EmbeddingKey key, float[] vector) => ShardOf(key).Set(key, vector);

    private SieveShard ShardOf(in EmbeddingKey key) => _shards[(int)((uint)key.DigestHigh % (uint)_shards.Length)];
}
