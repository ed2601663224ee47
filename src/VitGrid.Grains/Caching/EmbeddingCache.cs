using VitGrid.Grains.Telemetry;

namespace VitGrid.Grains.Caching;

/// <summary>A vector, and where the time went.</summary>
internal sealed record Computed(float[] Vector, bool FromCache, TimeSpan Decode, TimeSpan Queue, TimeSpan Infer)
{
    /// <summary>A vector that was computed before.</summary>
    public static Computed Before(float[] vector) => new(vector, true, default, default, default);
}

/// <summary>
/// The cache as requests see it: lookup, single flight, write. A further level belongs inside the flight, before the computation, so
/// that equal requests ask it once.
/// </summary>
internal sealed class EmbeddingCache(MemoryEmbeddingCache memory, GridMetrics metrics)
{
    private readonly SingleFlight<EmbeddingKey, Computed> _flights = new();

    /// <summary>Keys being computed.</summary>
    public int FlightCount => _flights.Count;

    /// <summary>The stored vector, null when there is none or <paramref name="use"/> does not read.</summary>
    public Computed? Find(in EmbeddingKey key, CacheUse use)
    {
        if (use != CacheUse.Use)
            return null;
        bool hit = memory.TryGet(key, out float[]? vector);
        metrics.Lookup("memory", hit);
        return hit ? Computed.Before(vector!) : null;
    }

    /// <summary>
    /// Computes and stores as <paramref name="use"/> allows. <paramref name="compute"/> goes on when this caller cancels while others
    /// wait for the same key.
    /// </summary>
    public Task<Computed> ComputeAsync(
        EmbeddingKey key, CacheUse use, Func<CancellationToken, Task<Computed>> compute, CancellationToken cancellation) => use switch
        {
            CacheUse.Use => _flights.RunAsync(key, token => LookAgainAsync(key, compute, token), cancellation),
            CacheUse.Refresh => AloneAsync(token => StoreAsync(key, compute, token), cancellation),
            _ => AloneAsync(compute, cancellation),
        };

    /// <summary>Between a caller's lookup and its flight another flight may have landed.</summary>
    private async Task<Computed> LookAgainAsync(EmbeddingKey key, Func<CancellationToken, Task<Computed>> compute, CancellationToken cancellation) =>
        memory.TryGet(key, out float[]? vector) ? Computed.Before(vector) : await StoreAsync(key, compute, cancellation);

    private async Task<Computed> StoreAsync(EmbeddingKey key, Func<CancellationToken, Task<Computed>> compute, CancellationToken cancellation)
    {
        Computed computed = await compute(cancellation);
        memory.Set(key, computed.Vector);
        return computed;
    }

    private static Task<Computed> AloneAsync(Func<CancellationToken, Task<Computed>> compute, CancellationToken cancellation)
    {
        Flight<Computed> flight = new();
        _ = flight.RunAsync(compute, () => { });
        return flight.WaitAsync(cancellation);
    }
}
