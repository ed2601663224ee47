using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Remote;

/// <summary>The head of a replica in another process, reached over the data plane.</summary>
internal sealed class RemoteReplicaHead(ReplicaLayout replica, RemoteImages images) : IReplicaHead
{
    /// <inheritdoc/>
    public Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken) =>
        images.EmbedAsync(replica, order, cancellationToken);
}
