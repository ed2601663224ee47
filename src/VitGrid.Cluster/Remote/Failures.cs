using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>How a failure travels between processes: a refusal keeps its fault, everything else means that the replica was lost.</summary>
internal static class Failures
{
    public static string KnowsNoFeatures(string node) => $"{node} runs an older build, which gives out no features; bring it up to date";

    public static GridFault? FaultOf(Exception failure) => failure is GridException refusal ? refusal.Fault : null;

    public static Exception From(GridFault? fault, string message) =>
        fault is { } known && Enum.IsDefined(known)
            ? new GridException(known, PeerText.Escape(message))
            : new ReplicaLostException(PeerText.Escape(message));
}
