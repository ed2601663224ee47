using System.Runtime.CompilerServices;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Remote;

/// <summary>The way to one serving replica, and what it was given. Thread-safe.</summary>
/// <param name="Replica">The incarnation.</param>
/// <param name="Head">Its head, here or over the data plane; null when it should be here and is not.</param>
/// <param name="IsNear">Whether the head is in this process.</param>
/// <param name="ImagesPerSecond">What it is expected to manage; above zero.</param>
internal sealed record Route(ReplicaKey Replica, IReplicaHead? Head, bool IsNear, double ImagesPerSecond)
{
    /// <summary>Name of the process that has its head.</summary>
    public required string Node { get; init; }

    // A copy for a newer table goes on counting in the same box.
    private readonly StrongBox<int> _outstanding = new();

    /// <summary>What the choice of a replica goes by.</summary>
    public ReplicaLoad Load => new(Volatile.Read(ref _outstanding.Value), ImagesPerSecond, IsNear);

    /// <summary>Embeds one image there, and counts it meanwhile.</summary>
    /// <exception cref="ReplicaLostException">The replica is not, or no longer, there.</exception>
    public async Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        if (Head is null)
            throw new ReplicaLostException($"replica {Replica} is not served by this process");
        Interlocked.Increment(ref _outstanding.Value);
        try
        {
            return await Head.EmbedAsync(order, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _outstanding.Value);
        }
    }
}
