using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Contracts;

/// <summary>Brings one image to the batcher of a replica whose first segment is in this process.</summary>
/// <inheritdoc cref="IBatcherGrain.EmbedAsync"/>
internal delegate Task<ImageAnswer> LocalBatchers(ReplicaKey replica, ImageOrder order, CancellationToken cancellationToken);

/// <summary>
/// Gathers the images of one replica incarnation into batches, in the process of its first segment; only called within that process,
/// where the pixels lie. Key: a <see cref="ReplicaKey"/>.
/// </summary>
[Alias("vitgrid.batcher")]
internal interface IBatcherGrain : IGrainWithStringKey
{
    /// <summary>Queues one image and answers when its batch has run; cancelled or expired images leave the queue unrun.</summary>
    /// <exception cref="GridException">Refused, expired or failed.</exception>
    /// <exception cref="ReplicaLostException">The replica broke or was retired before the answer: another one may be asked.</exception>
    [Alias("embed"), ResponseTimeout(Messages.ResponseTimeout)]
    Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken);
}
