using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Segments;

/// <summary>Opens and retires the heads of the replicas whose first segment is in this process. Thread-safe.</summary>
internal sealed class HeadHost(GridOptions options, LoadedStages stages, LocalReplicaHeads heads, IGrainFactory grains)
{
    /// <summary>Opens a replica's head; completes when its batcher takes images.</summary>
    public async Task OpenAsync(ReplicaLayout layout)
    {
        BatchTimeout timeout = new(TimeSpan.FromMilliseconds(options.Cluster.BatchMilliseconds));
        heads.Add(new(layout.Key, layout.Window, input => stages.EnqueueAsync(new(layout.Key, 0), input), timeout));
        await grains.GetGrain<IBatcherGrain>(layout.Key.ToString()).StartAsync();
    }

    /// <summary>Retires a replica's head: what it has under way begins again elsewhere.</summary>
    public void Close(ReplicaKey replica) => heads.Remove(replica, "was retired");
}
