using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Cluster.Segments;

/// <summary>Chooses the ways out of a stage, once for a layout: by reference within the process, over the data plane to others.</summary>
internal sealed class StageConnections(
    LocalNode self, LoadedStages stages, LocalReplicaHeads heads, RemoteStages remoteStages, RemoteResults remoteResults,
    GridMetrics metrics)
{
    /// <summary>The ways to the head and to the next stage.</summary>
    public StageExits Open(ReplicaLayout layout, int segment)
    {
        remoteResults.Expect(layout, segment);
        StageKey own = new(layout.Key, segment);
        IResultReturn results = IsHere(layout.Head)
            ? new LocalResultReturn(layout.Key, heads) : remoteResults.To(layout, () => stages.Find(own) is not null);
        return new(results, segment + 1 < layout.Stages.Length ? Next(layout, segment, results) : null);
    }

    /// <summary>Forgets the way to the stage after <paramref name="segment"/>, and from whom batches came.</summary>
    public void Close(ReplicaKey replica, int segment)
    {
        remoteStages.Close(new(replica, segment + 1));
        remoteResults.Forget(new(replica, segment));
    }

    private INextStage Next(ReplicaLayout layout, int segment, IResultReturn results)
    {
        StageKey next = new(layout.Key, segment + 1);
        NodeAddress node = layout.Stages[next.Segment].Node;
        if (IsHere(node))
            return new LocalNextStage(next, stages);
        string label = segment.ToString(CultureInfo.InvariantCulture);
        return remoteStages.Open(next, node, results, took => metrics.Transferred(layout.Key.Model, label, took));
    }

    private bool IsHere(NodeAddress node) => node.Node == self.Address.Node;
}
