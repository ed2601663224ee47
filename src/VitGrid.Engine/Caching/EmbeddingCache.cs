using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

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

    /// <summary>The flight of the cluster; null: this process is alone.</summary>
    public ISharedFlight? Cluster { get; init; }

    /// <summary>Keys being computed.</summary>
    internal int FlightCount => _flights.Count;

    /// <summary>The vector stored in this process, null when there is none or <paramref name="use"/> does not read.</summary>
    internal Computed? Find(in EmbeddingKey key, CacheUse use)
    {
        if (use != CacheUse.Use)
            return null;
        bool hit = memory.TryGet(key, out float[]? vector);
        metrics.Lookup("memory", hit ? "hit" : "miss");
        return hit ? Computed.Before(vector!) : null;
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
        if (memory.TryGet(key, out float[]? vector))
            return Computed.Before(vector);
        TimeSpan began = time.Now();
        float[]? stored = Shared is null ? null : await Shared.FindAsync(key);
        TimeSpan lookup = Shared is null ? TimeSpan.Zero : time.Now() - began;
        Computed found = (stored, Cluster) switch
        {
            ({ }, _) => Computed.Before(stored),
            (_, null) => await StoreAsync(key, compute, cancellationToken),
            (_, { } cluster) => await cluster.RunAsync(
                key, remaining - lookup, token => StoreAsync(key, compute, token), cancellationToken),
        };
        memory.Set(key, found.Vector);
        return found with { Lookup = lookup };
    }

    private async Task<Computed> RefreshAsync(EmbeddingKey key, ComputeVector compute, CancellationToken cancellationToken)
    {
        Computed computed = await StoreAsync(key, compute, cancellationToken);
        memory.Set(key, computed.Vector);
        return computed;
    }

    private async Task<Computed> StoreAsync(EmbeddingKey key, ComputeVector compute, CancellationToken cancellationToken)
    {
        Computed computed = await compute(cancellationToken);
        if (Shared is null)
            return computed;
        float[] shaped = Shared.Shape(computed.Vector);
        Shared.Store(key, shaped, computed.Decode + computed.Queue + computed.Infer);
        return computed with { Vector = shaped };
    }

    private static Task<Computed> AloneAsync(ComputeVector compute, CancellationToken cancellationToken)
    {
        Flight<Computed> flight = new();
        _ = flight.RunAsync(token => compute(token), () => { });
        return flight.WaitAsync(cancellationToken);
    }
}
