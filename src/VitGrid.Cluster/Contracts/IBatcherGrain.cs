using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Contracts;

/// <summary>
/// Owns the batching of one replica incarnation, in the process of its first segment: its configuration, its state and its drain. Images
/// reach its batcher by reference, through the replica's head, never through the grain. Key: a <see cref="ReplicaKey"/>.
/// </summary>
[Alias("vitgrid.batcher")]
internal interface IBatcherGrain : IGrainWithStringKey
{
    /// <summary>Sees to it that the replica's head takes images; called within its process. May be called again.</summary>
    /// <exception cref="ReplicaLostException">The head is not, or no longer, in this process.</exception>
    [Alias("start")]
    Task StartAsync();
}
