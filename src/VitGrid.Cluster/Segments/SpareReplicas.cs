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
    /// Whether a replica of <paramref name="model"/> serves that has no part on <paramref name="device"/> or on one that is out.
    /// </summary>
    public bool HasSpare(string model, string device) => _table.Current.Models.Any(row => row.Card.Name == model && row.Replicas.Any(
        replica => replica.State == ReplicaState.Serving && replica.Layout.Stages.All(stage => IsSpare(stage, device))));

    private bool IsSpare(StagePlace stage, string device) =>
        stage.Node.Node != _self.Address.Node || (stage.Device != device && _health.Find(stage.Device).Serves);
}
