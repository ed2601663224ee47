using System.Collections.Concurrent;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Grains.Pipeline;

/// <summary>What one segment of this silo leaves for the next, by batch. Handed on by reference; whoever takes it owns it.</summary>
internal sealed class ActivationStore
{
    private readonly ConcurrentDictionary<Guid, Activation> _activations = new();

    /// <summary>Batches held between two segments.</summary>
    public int Count => _activations.Count;

    public void Put(Guid batch, Activation activation)
    {
        if (!_activations.TryAdd(batch, activation))
            throw new InvalidOperationException($"batch {batch} already has an activation waiting: it was sent to the same segment twice");
    }

    public Activation Take(Guid batch) => _activations.TryRemove(batch, out Activation? activation)
        ? activation
        : throw new KeyNotFoundException($"no activation of batch {batch} waits here: it was taken before, or its batch has ended");

    /// <summary>Frees what a batch that failed left behind.</summary>
    public void Discard(Guid batch)
    {
        if (_activations.TryRemove(batch, out Activation? activation))
            activation.Dispose();
    }
}
