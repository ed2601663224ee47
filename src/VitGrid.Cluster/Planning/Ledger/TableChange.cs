using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>Whether two tables say the same: their arrays are compared by what they hold.</summary>
internal static class TableChange
{
    public static bool Differs(
        GridTable table, ImmutableArray<ModelRow> models, ImmutableArray<NodeRow> nodes, ImmutableArray<RecallRow> recalls) =>
        !Same(table.Models, models, SameModel) || !Same(table.Nodes, nodes, SameNode) || !table.RecallRows.SequenceEqual(recalls);

    private static bool SameModel(ModelRow left, ModelRow right) =>
        left.Card == right.Card && left.State == right.State && left.Problem == right.Problem
            && Same(left.Replicas, right.Replicas, SameReplica);

    /// <summary>An incarnation's layout never changes: its key stands for it.</summary>
    private static bool SameReplica(ReplicaRow left, ReplicaRow right) =>
        left.Layout.Key == right.Layout.Key && left.State == right.State && left.ImagesPerSecond == right.ImagesPerSecond
        && left.Stages.SequenceEqual(right.Stages);

    private static bool SameNode(NodeRow left, NodeRow right) =>
        left.Address == right.Address && left.ProcessId == right.ProcessId && left.Leaving == right.Leaving
            && left.Devices.SequenceEqual(right.Devices) && left.SickDevices.SequenceEqual(right.SickDevices);

    private static bool Same<T>(ImmutableArray<T> left, ImmutableArray<T> right, Func<T, T, bool> same) =>
        left.Length == right.Length && left.Zip(right).All(pair => same(pair.First, pair.Second));
}
