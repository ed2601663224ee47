namespace VitGrid.Engine.Caching;

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

    /// <summary>A vector that was computed before.</summary>
    internal static Computed Before(float[] vector) => new(vector, true, default, default, default);
}
