namespace VitGrid.Engine.Caching;

/// <summary>The level of the cache that processes share. It may fail at any time and in any way: a failure is a miss.</summary>
public interface ISharedCache
{
    /// <summary>The stored vector; null when there is none or no answer came in time.</summary>
    Task<float[]?> FindAsync(EmbeddingKey key);

    /// <summary>
    /// The vector as everybody is to see it from now on: rounded where it is stored rounded, so that a hit is bit for bit what was
    /// answered first.
    /// </summary>
    float[] Shape(float[] computed);

    /// <summary>Has the vector, computed in <paramref name="took"/>, written some time.</summary>
    void Store(EmbeddingKey key, float[] vector, TimeSpan took);
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
