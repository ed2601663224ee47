using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>How a failure travels between processes: a refusal keeps its fault, everything else means that the replica was lost.</summary>
internal static class Failures
{
    public static string KnowsNoFeatures(string node) => $"{node} runs an older build, which gives out no features; bring it up to date";

    public static string KnowsNoPlanes(string node) =>
        $"{node} runs an older build, which takes image files alone and no pixel values; bring it up to date";

    public static GridFault? FaultOf(Exception failure) => failure is GridException refusal ? refusal.Fault : null;

    /// <summary>How a replica was lost, for the way between processes.</summary>
    public static int LossOf(Exception failure) => (int)((failure as ReplicaLostException)?.Loss ?? ReplicaLoss.Gone);

    public static Exception From(GridFault? fault, string message, int loss = 0) =>
        fault is { } known && Enum.IsDefined(known)
            ? new GridException(known, PeerText.Escape(message))
            : new ReplicaLostException(PeerText.Escape(message))
            {
                Loss = Enum.IsDefined((ReplicaLoss)loss) ? (ReplicaLoss)loss : ReplicaLoss.Gone,
            };
}
