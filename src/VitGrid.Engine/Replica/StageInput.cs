using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>A batch on its way through a replica.</summary>
/// <param name="Batch">Its id, never used twice within the process that formed it; a replayed batch has another.</param>
/// <param name="Layers">The hidden state each image wants, 0…L.</param>
public sealed record BatchTicket(long Batch, int[] Layers)
{
    /// <summary>The deepest layer asked for: the batch goes no further.</summary>
    public int Deepest { get; } = Layers.Max();

    /// <summary>Its span as a traceparent; null when it is not traced.</summary>
    public string? Trace { get; init; }

    /// <summary>Each image's request; null when none is named.</summary>
    public string?[]? RequestIds { get; init; }
}

/// <summary>
/// What a stage is given: a batch's pixels at the first stage, the activation of the stage before at a later one. Owned by whoever holds
/// it.
/// </summary>
/// <param name="Ticket">The batch.</param>
/// <param name="Pixels">One an image, held; null at a later stage.</param>
/// <param name="Hidden">The activation; null at the first stage.</param>
/// <param name="Taken">Called when the stage has let go of it: the sender's credit comes back.</param>
public sealed record StageInput(BatchTicket Ticket, IReadOnlyList<Pixels>? Pixels, Activation? Hidden, Action? Taken = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Pixels pixels in Pixels ?? [])
            pixels.Dispose();
        Hidden?.Dispose();
        Taken?.Invoke();
    }
}

/// <summary>What a stage made of some images of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Items">Which of its images.</param>
/// <param name="ClsThenMean">Their 2 D floats.</param>
public sealed record PooledItems(long Batch, int[] Items, float[][] ClsThenMean);
