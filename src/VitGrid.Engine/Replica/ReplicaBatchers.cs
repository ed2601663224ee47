using VitGrid.Engine.Queueing;

namespace VitGrid.Engine.Replica;

/// <summary>
/// A replica's batchers, one for each kind of images: with features or without, of pixels or of planes. Each kind runs through a stage of
/// its own, so that no batch has two, and those of the usual kind are computed as if there were no others. Thread-safe.
/// </summary>
/// <param name="make">Makes a batcher.</param>
public sealed class ReplicaBatchers(Func<Batcher> make)
{
    private const int Features = 1, Planes = 2;

    private readonly Batcher[] _kinds = [make(), make(), make(), make()];

    /// <summary>What waits of the usual kind.</summary>
    internal QueueState Queue => _kinds[0].Queue;

    /// <summary>The batcher that an image belongs to.</summary>
    internal Batcher For(ImageOrder order) => _kinds[(order.Features is null ? 0 : Features) | (order.ArePlanes ? Planes : 0)];

    /// <summary>Stops accepting; completes when everything accepted is answered.</summary>
    public Task StopAsync() => Task.WhenAll(_kinds.Select(batcher => batcher.StopAsync()));
}
