using VitGrid.Cluster.Caching.Redis;
using VitGrid.Redis;

namespace VitGrid.Cluster.Administration;

/// <summary>A cache's Redis, and what of ours is in it.</summary>
/// <param name="Redis">Where it is.</param>
/// <param name="UsedBytes">All that it holds.</param>
/// <param name="MaxBytes">Its bound; null: none.</param>
/// <param name="Policy">What goes when it is full.</param>
/// <param name="Hits">Keys found since it started, by whoever asked.</param>
/// <param name="Misses">Keys not found.</param>
/// <param name="Evicted">Keys that went because it was full.</param>
/// <param name="Models">Vectors by model, revision and tenant.</param>
/// <param name="Warning">Why it does not suit a cache; null when it does.</param>
public sealed record CacheStatus(
    string Redis, long UsedBytes, long? MaxBytes, string Policy, long Hits, long Misses, long Evicted, IReadOnlyList<CachedModel> Models,
    string? Warning)
{
    /// <param name="redis">Where it is.</param>
    /// <param name="servers">What each of its servers tells: one, or the primaries of a Redis Cluster.</param>
    /// <param name="models">What of ours is in it.</param>
    internal static CacheStatus From(string redis, IReadOnlyList<RedisInfo> servers, IReadOnlyList<CachedModel> models)
    {
        RedisMemory[] memories = [.. servers.Select(RedisMemory.From)];
        return new(
            redis,
            memories.Sum(memory => memory.Used),
            memories.Any(memory => memory.Most == 0) ? null : memories.Sum(memory => memory.Most),
            string.Join(", ", memories.Select(memory => memory.Policy).Distinct()),
            servers.Sum(server => server.Number("keyspace_hits")),
            servers.Sum(server => server.Number("keyspace_misses")),
            servers.Sum(server => server.Number("evicted_keys")),
            models,
            memories.Select(memory => memory.Warning).FirstOrDefault(warning => warning is not null));
    }
}

/// <summary>Stored vectors of one revision of a model, of one tenant where tenants are kept apart.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Revision">Fingerprint of its weights.</param>
/// <param name="Vectors">How many.</param>
/// <param name="Bytes">Of keys and values, without what Redis needs around them.</param>
/// <param name="Tenant">Digest of the key's id for which they are kept (<c>Cache:PerTenant</c>); null: for everybody.</param>
public sealed record CachedModel(string Model, string Revision, long Vectors, long Bytes, string? Tenant = null);
