using VitGrid.Cluster.Administration;
using VitGrid.Page.Words;

namespace VitGrid.Page.Grid;

/// <summary>Says what happened between two states of the grid. Pure.</summary>
internal static class EventFinder
{
    /// <summary>The events, in the order of workers, devices, models.</summary>
    public static IEnumerable<(GridEventKind Kind, string Text)> Between(GridStatus before, GridStatus after) =>
        Workers(before, after).Concat(after.Models.SelectMany(model => Models(before, model)));

    private static IEnumerable<(GridEventKind, string)> Workers(GridStatus before, GridStatus after)
    {
        foreach (NodeStatus gone in before.Nodes.Where(node => Find(after, node.Node) is null))
            yield return gone.State == "draining"
                ? (GridEventKind.Worker, Texts.WorkerLeft(gone.Node)) : (GridEventKind.Failure, Texts.WorkerLost(gone.Node));
        foreach (NodeStatus node in after.Nodes)
        {
            NodeStatus? old = Find(before, node.Node);
            if (old is null)
                yield return (GridEventKind.Worker, Texts.WorkerCame(node.Node));
            if (node.State == "draining" && old?.State != "draining")
                yield return (GridEventKind.Worker, Texts.WorkerDrains(node.Node));
            foreach (NodeDevice device in node.Devices)
            {
                string was = old?.Devices.FirstOrDefault(other => other.Device == device.Device)?.State ?? "healthy";
                if (was != device.State)
                {
                    GridEventKind kind = device.State == "healthy" ? GridEventKind.Worker : GridEventKind.Failure;
                    yield return (kind, Texts.DeviceIs(node.Node, device));
                }
            }
        }
    }

    private static IEnumerable<(GridEventKind, string)> Models(GridStatus before, ModelStatus model)
    {
        ModelStatus? old = before.Models.FirstOrDefault(other => other.Name == model.Name);
        if (model.Problem is { } problem && old?.Problem != problem)
            yield return (GridEventKind.Failure, problem);
        if (model.Problem is null && old?.Problem is not null)
            yield return (GridEventKind.Planning, Texts.ProblemGone(model.Name));
        foreach (ReplicaStatus replica in model.Replicas)
        {
            ReplicaStatus? was = old?.Replicas.FirstOrDefault(other => other.Replica == replica.Replica && other.Epoch == replica.Epoch);
            if (was?.State == replica.State)
                continue;
            GridEventKind kind = replica.State == "failed" ? GridEventKind.Failure : GridEventKind.Planning;
            yield return (kind, Texts.ReplicaIs(model.Name, replica));
        }
        foreach (ReplicaStatus gone in old?.Replicas.Where(was => !model.Replicas.Any(
            replica => replica.Replica == was.Replica && replica.Epoch == was.Epoch)) ?? [])
            yield return (GridEventKind.Planning, Texts.ReplicaGone(model.Name, gone));
    }

    private static NodeStatus? Find(GridStatus status, string node) => status.Nodes.FirstOrDefault(other => other.Node == node);
}
