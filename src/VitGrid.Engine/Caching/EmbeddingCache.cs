using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Caching;

/// <summary>Computes a vector; cancellation means that nobody waits for it any more.</summary>
public delegate Task<Computed> ComputeVector(CancellationToken cancellationToken);

/// <summary>
/// The cache as requests see it: the process's own level; then, once for all equal requests, the level in Redis and the flight that
/// the front ends of a cluster share; then the computation and the writes.
/// </summary>
public sealed class EmbeddingCache(MemoryEmbeddingCache memory, GridMetrics metrics, TimeProvider time)
{
    private readonly SingleFlight<EmbeddingKey, Computed> _flights = new();

    /// <summary>The level in Redis; null: none.</summary>
    public ISharedCache? Shared { get; init; }

    /// <summary>Whether each tenant has entries of its own, so that nobody can time what others have asked for.</summary>
    public bool PerTenant { get; init; }

    /// <summary>The flight of the cluster; null: this process is alone.</summary>
    public ISharedFlight? Cluster { get; init; }

    /// <summary>Keys being computed.</summary>
    internal int FlightCount => _flights.Count;

    /// <summary>The vector stored in this process, null when there is none or <paramref name="use"/> does not read.</summary>
    internal Computed? Find(in EmbeddingKey key, CacheUse use)
    {
        if (use != CacheUse.Use)
            return null;
        bool hit = memory.TryGet(key, out CachedVector found);
        metrics.Lookup("memory", hit ? "hit" : "miss");
        return hit ? Computed.Before(found) : null;
    }

    /// <summary>
    /// Finds or computes, and stores, as <paramref name="use"/> allows. <paramref name="compute"/> goes on when this caller cancels while
    /// others wait for the same key. <paramref name="remaining"/> is the time that this caller has.
    /// </summary>
    internal Task<Computed> ComputeAsync(
        EmbeddingKey key, CacheUse use, TimeSpan remaining, ComputeVector compute, CancellationToken cancellationToken) => use switch
    {
        CacheUse.Use => _flights.RunAsync(key, token => LookFurtherAsync(key, remaining, compute, token), cancellationToken),
        CacheUse.Refresh => AloneAsync(token => RefreshAsync(key, compute, token), cancellationToken),
        _ => AloneAsync(compute, cancellationToken),
    };

    private async Task<Computed> LookFurtherAsync(
        EmbeddingKey key, TimeSpan remaining, ComputeVector compute, CancellationToken cancellationToken)
    {
        // Between a caller's lookup and its flight another flight may have landed.
        if (memory.TryGet(key, out CachedVector present))
            return Computed.Before(present);
        TimeSpan began = time.Now();
        ISharedCache? shared = key.IsLocal ? null : Shared;
        CachedVector? stored = shared is null ? null : await shared.FindAsync(key);
        TimeSpan lookup = shared is null ? TimeSpan.Zero : time.Now() - began;
        Computed found = (stored, key.IsLocal ? null : Cluster) switch
        {
            ({ } known, _) => Computed.Before(known),
            (_, null) => await StoreAsync(key, compute, cancellationToken),
            (_, { } cluster) => await cluster.RunAsync(
                key, remaining - lookup, token => StoreAsync(key, compute, token), cancellationToken),
        };
        memory.Set(key, found.Cached);
        return found with { Lookup = lookup };
    }

    private async Task<Computed> RefreshAsync(EmbeddingKey key, ComputeVector compute, CancellationToken cancellationToken)
    {
        Computed computed = await StoreAsync(key, compute, cancellationToken);
        memory.Set(key, computed.Cached);
        return computed;
    }

    private async Task<Computed> StoreAsync(EmbeddingKey key, ComputeVector compute, CancellationToken cancellationToken)
    {
        Computed computed = await compute(cancellationToken);
        if (Shared is null || key.IsLocal)
            return computed;
        float[] shaped = Shared.Shape(computed.Vector);
        Shared.Store(key, new(shaped, computed.Origin), computed.Decode + computed.Queue + computed.Infer);
        return computed with { Vector = shaped };
    }

    private static Task<Computed> AloneAsync(ComputeVector compute, CancellationToken cancellationToken)
    {
        Flight<Computed> flight = new();
        _ = flight.RunAsync(token => compute(token), () => { });
        return flight.WaitAsync(cancellationToken);
    }
}

/// <summary>
/// What a vector depends on, and nothing else:
/// <c>vg:1:{model}:{weights-fingerprint}:{precision}:{preprocess}:{layer}:{pooling}:{sha256(image bytes)}</c>; of a text, whose tower has a
/// fingerprint of its own, of its token ids. Read from the end it is
/// unambiguous whatever the model's name, since no later part holds a colon. The digest is kept as numbers: 32 bytes instead of 128.
/// </summary>
/// <param name="Scope">Everything before the digest.</param>
/// <param name="DigestHigh">First 16 bytes of the image's SHA-256: clients choose the bytes, so a weaker hash could be made to
/// collide.</param>
/// <param name="DigestLow">The other 16.</param>
public readonly record struct EmbeddingKey(string Scope, UInt128 DigestHigh, UInt128 DigestLow)
{
    /// <summary>Numbers that the vector has: what is stored with another count is not it. 0: not said.</summary>
    public int Length { get; init; }

    /// <summary>Numbers of each tile, of an image that is cut into tiles (<see cref="TiledVector"/>); 0: it is not cut.</summary>
    public int TileLength { get; init; }

    /// <summary>
    /// Whether the entry stays in the process: visual tokens are megabytes, and what processes share is made for kilobytes.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>What speaks against <paramref name="vector"/> being the one of this key; null when nothing does.</summary>
    public string? Objection(ReadOnlySpan<float> vector)
    {
        if (TileLength > 0 && TiledVector.GridOf(vector, TileLength) is null)
            return $"it is not the tiles of an image with {TileLength} numbers each";
        if (Length > 0 && vector.Length != Length)
            return $"it has {vector.Length} numbers, not {Length}";
        foreach (float number in vector)
        {
            if (!float.IsFinite(number))
                return $"it holds {number}";
        }
        return null;
    }

    private const int TenantBytes = 16;

    /// <summary>
    /// The key of an image for one output of a loaded model; <paramref name="layer"/> is 0…L. Entries of a <paramref name="tenant"/> of its
    /// own have <c>@</c> and 32 hex digits after the pooling; empty: everybody's.
    /// </summary>
    internal static EmbeddingKey From(
        ModelInfo model, PreprocessProfile profile, int layer, Pooling pooling, ReadOnlySpan<byte> image, string tenant = "") =>
        From(model, profile.Key, profile.Tiling is not null, layer, pooling.Name(), model.DimensionsOf(pooling), image, tenant);

    /// <summary>
    /// The same, where <paramref name="pixels"/> says how the bytes become pixels: the name of pixels that are sent as such.
    /// </summary>
    internal static EmbeddingKey From(
        ModelInfo model, string pixels, int layer, Pooling pooling, ReadOnlySpan<byte> image, string tenant) =>
        From(model, pixels, false, layer, pooling.Name(), model.DimensionsOf(pooling), image, tenant);

    /// <summary>The key of an image's visual tokens, made of hidden state <paramref name="layer"/>; never outside the process.</summary>
    /// <inheritdoc cref="From(ModelInfo, PreprocessProfile, int, Pooling, ReadOnlySpan{byte}, string)"/>
    internal static EmbeddingKey ForVisualTokens(
        ModelInfo model, PreprocessProfile profile, int layer, ReadOnlySpan<byte> image, string tenant = "") =>
        From(model, profile.Key, profile.Tiling is not null, layer, FeaturePart.VisualTokens, model.FeatureShape.VisualNumbers, image,
            tenant) with { IsLocal = true };

    private static EmbeddingKey From(
        ModelInfo model, string pixels, bool isTiled, int layer, string output, int length, ReadOnlySpan<byte> image, string tenant)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(image, digest);
        string scope = $"vg:1:{model.ServedName}:{model.Fingerprint}:{model.Arithmetic}:{pixels}:{layer}:{output}{Suffix(tenant)}";
        return new(scope, BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]))
        {
            Length = isTiled ? 0 : length,
            TileLength = isTiled ? length : 0,
        };
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(DigestLow, Scope.Length);

    /// <summary>The whole key as text, for a store outside the process.</summary>
    public override string ToString() => $"{Scope}:{DigestHigh:x32}{DigestLow:x32}";

    /// <summary>By which keys tell a tenant: 32 hex digits.</summary>
    public static string DigestOf(string tenant) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)).AsSpan(0, TenantBytes));

    private static string Suffix(string tenant) => tenant.Length == 0 ? "" : $"{StoredKey.TenantMark}{DigestOf(tenant)}";
}

/// <summary>A vector, and where the time went.</summary>
/// <param name="Vector">Un-normalised; shared, not to be written to.</param>
/// <param name="FromCache">Whether it was computed before it was asked for.</param>
/// <param name="Decode">Decoding, waiting for a thread included.</param>
/// <param name="Queue">Waiting for a batch, or for another front end that computes the same.</param>
/// <param name="Infer">In the pipeline.</param>
public sealed record Computed(float[] Vector, bool FromCache, TimeSpan Decode, TimeSpan Queue, TimeSpan Infer)
{
    /// <summary>Waiting for the cache's Redis.</summary>
    public TimeSpan Lookup { get; init; }

    /// <summary>Features that were asked for beside it, which are never cached; null: none were.</summary>
    public FeatureSet? Features { get; init; }

    /// <summary>The tiles of the image; no columns and rows where it was not cut.</summary>
    public TileGrid Grid { get; init; }

    /// <summary>Where it was computed; null where nobody says.</summary>
    public VectorOrigin? Origin { get; init; }

    /// <summary>What caches keep of it.</summary>
    internal CachedVector Cached => new(Vector, Origin);

    /// <summary>A vector that was computed before.</summary>
    internal static Computed Before(CachedVector found) => new(found.Vector, true, default, default, default) { Origin = found.Origin };
}

/// <summary>A vector as caches hold it.</summary>
/// <param name="Vector">Un-normalised; shared, not to be written to.</param>
/// <param name="Origin">Where it was computed; null where nobody says, as in values of builds before.</param>
public readonly record struct CachedVector(float[] Vector, VectorOrigin? Origin);

/// <summary>The level of the cache that processes share. It may fail at any time and in any way: a failure is a miss.</summary>
public interface ISharedCache
{
    /// <summary>The stored vector; null when there is none or no answer came in time.</summary>
    Task<CachedVector?> FindAsync(EmbeddingKey key);

    /// <summary>
    /// The vector as everybody is to see it from now on: rounded where it is stored rounded, so that a hit is bit for bit what was
    /// answered first.
    /// </summary>
    float[] Shape(float[] computed);

    /// <summary>Has the vector, computed in <paramref name="took"/>, written some time.</summary>
    void Store(EmbeddingKey key, CachedVector vector, TimeSpan took);
}

/// <summary>Lets equal images that arrive at several front ends at once be computed by one of them.</summary>
public interface ISharedFlight
{
    /// <summary>The vector that another front end computes, or what <paramref name="compute"/> gives.</summary>
    /// <param name="key">The vector's.</param>
    /// <param name="remaining">Time that the caller has.</param>
    /// <param name="compute">Computes here.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<Computed> RunAsync(EmbeddingKey key, TimeSpan remaining, ComputeVector compute, CancellationToken cancellationToken);
}

/// <summary>What a key in Redis says of itself; see <see cref="EmbeddingKey"/> for its form.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Revision">Fingerprint of its weights.</param>
public readonly record struct StoredKey(string Model, string Revision)
{
    /// <summary>What stands between a pooling's name and a tenant's digest.</summary>
    internal const char TenantMark = '@';

    private const string Prefix = "vg:1:";
    private const int PartsAfterName = 6;

    /// <summary>Digest of the tenant that it is kept for (<see cref="EmbeddingKey.DigestOf"/>); null: everybody.</summary>
    public string? Tenant { get; init; }

    /// <summary>Null when it is not a key of this cache. Read from the end, since a model's name may hold colons.</summary>
    public static StoredKey? Parse(string key)
    {
        string[] parts = key.Split(':');
        return key.StartsWith(Prefix, StringComparison.Ordinal) && parts.Length >= 3 + PartsAfterName
            ? new(string.Join(':', parts[2..^PartsAfterName]), parts[^PartsAfterName])
            {
                Tenant = parts[^2].Split(TenantMark) is [_, var tenant] ? tenant : null,
            }
            : null;
    }

    /// <summary>
    /// Pattern of Redis' SCAN for every key of a model, and for some of models whose names begin alike; of all models, when it is null.
    /// </summary>
    public static string Pattern(string? model) => $"{Prefix}{(model is null ? "" : string.Concat(model.Select(Escaped)) + ":")}*";

    private static string Escaped(char letter) => letter is '*' or '?' or '[' or ']' or '\\' ? $"\\{letter}" : letter.ToString();
}
