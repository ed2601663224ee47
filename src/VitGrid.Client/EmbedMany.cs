namespace VitGrid.Client;

/// <summary>How many inputs are held and under way at once.</summary>
public sealed record EmbedManyOptions
{
    /// <summary>Everything of the requests but their inputs and encoding; null takes the server's defaults.</summary>
    public EmbeddingsRequest? Request { get; init; }

    /// <summary>Inputs of a request; 1–256, default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Bytes of a request's body above which it takes no further input, default 8 MiB; above 0. A single input may have more.
    /// </summary>
    public int BatchBytes { get; init; } = 8 << 20;

    /// <summary>Requests under way or answered and not yet taken; 1–64, default 4.</summary>
    public int Concurrency { get; init; } = 4;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchSize, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Concurrency, 64);
    }
}

/// <summary>One item with its vector, or with the reason why it has none.</summary>
/// <typeparam name="T">What the item is to the caller.</typeparam>
/// <param name="Item">The item.</param>
/// <param name="Index">Its place among all, from 0.</param>
/// <param name="Vector">The float32 vector; null where there is an error.</param>
/// <param name="Error">Why there is none; null where there is a vector.</param>
public sealed record EmbedResult<T>(T Item, long Index, float[]? Vector, ErrorBody? Error);
