using System.Collections.Concurrent;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Which processes have to do with the stages here: by the planner's layouts, which name each with its incarnation. Thread-safe.
/// </summary>
internal sealed class StagePeers
{
    private readonly ConcurrentDictionary<StageKey, ReplicaLayout> _layouts = new();

    /// <summary>A stage is, or is being made, here.</summary>
    public void Open(ReplicaLayout layout, int segment) => _layouts[new(layout.Key, segment)] = layout;

    /// <summary>It is gone.</summary>
    public void Close(StageKey stage) => _layouts.TryRemove(stage, out _);

    /// <summary>Whether a peer has a stage of a replica that has one here.</summary>
    public bool Knows(NodeIdentity peer) => _layouts.Values.Any(layout => layout.Stages.Any(stage => IsAt(stage, peer)));

    /// <summary>Whether batches for <paramref name="stage"/>, which is here, come from that peer.</summary>
    public bool IsBefore(StageKey stage, NodeIdentity peer) => stage.Segment > 0 && _layouts.TryGetValue(stage, out ReplicaLayout? layout)
        && IsAt(layout.Stages[stage.Segment - 1], peer);

    /// <summary>Whether that peer has a stage of a replica whose head is here.</summary>
    public bool IsOf(ReplicaKey replica, NodeIdentity peer) => _layouts.TryGetValue(new(replica, 0), out ReplicaLayout? layout)
        && layout.Stages.Any(stage => IsAt(stage, peer));

    private static bool IsAt(StagePlace stage, NodeIdentity peer) =>
        stage.Node.Node == peer.Node && stage.Node.Incarnation == peer.Incarnation;
}
