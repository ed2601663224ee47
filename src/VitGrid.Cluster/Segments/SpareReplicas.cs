using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// Knows whether a model would be served without one of this process's devices, by the newest table and the devices here.
/// </summary>
internal sealed class SpareReplicas
{
    private readonly TableStore _table;
    private readonly LocalNode _self;
    private readonly DeviceHealth _health;

    public SpareReplicas(TableStore table, LocalNode self, DeviceHealth health, LocalDevices devices)
    {
        (_table, _self, _health) = (table, self, health);
        devices.FindSparesWith(HasSpare);
    }

    /// <summary>
    /// Whether a replica of <paramref name="model"/> serves that has no part on <paramref name="device"/> or on one that is out, or what
    /// lies on this device fits others that are well, of processes that have the model.
    /// </summary>
    public bool HasSpare(string model, string device)
    {
        GridTable table = _table.Current;
        return table.Find(model) is { } row && (HasSpare(row, device) || CanMove(table, row, device));
    }

    private bool HasSpare(ModelRow row, string device) => row.Replicas.Any(
        replica => replica.State == ReplicaState.Serving && replica.Layout.Stages.All(stage => IsSpare(stage, device)));

    private bool IsSpare(StagePlace stage, string device) =>
        stage.Node.Node != _self.Address.Node || (stage.Device != device && _health.Find(stage.Device).Serves);

    /// <summary>Whether one device has room for all that a replica has on this one.</summary>
    private bool CanMove(GridTable table, ModelRow row, string device)
    {
        StagePlace[] all = [.. table.Models.SelectMany(model => model.Replicas).SelectMany(replica => replica.Layout.Stages)];
        HashSet<string> holders = [.. row.Replicas.SelectMany(replica => replica.Layout.Stages).Select(stage => stage.Node.Node)];
        return row.Replicas.Any(replica => replica.State == ReplicaState.Serving
            && replica.Layout.Stages.Any(stage => IsAt(stage, _self.Address.Node, device))
            && table.Nodes.Any(node => !node.Leaving && holders.Contains(node.Address.Node) && node.Devices.Any(
                other => IsWell(node, other.Name, device) && HasRoom(node, other, replica))));

        bool HasRoom(NodeRow node, DeviceRow other, ReplicaRow replica) => other.MemoryBytes is not { } bound
            || all.Where(stage => IsAt(stage, node.Address.Node, other.Name)).Sum(stage => stage.Bytes)
                + replica.Layout.Stages.Where(stage => IsAt(stage, _self.Address.Node, device)).Sum(stage => stage.Bytes) <= bound;
    }

    private bool IsWell(NodeRow node, string other, string device) => node.Address.Node == _self.Address.Node
        ? other != device && _health.Find(other).Serves
        : !node.SickDevices.Any(sick => sick.Device == other && sick.IsOut);

    private static bool IsAt(StagePlace stage, string node, string device) => stage.Node.Node == node && stage.Device == device;
}
