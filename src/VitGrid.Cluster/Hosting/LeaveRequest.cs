using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;

namespace VitGrid.Cluster.Hosting;

/// <summary>Hears from the table that this worker was asked to leave (<c>vitgrid cluster drain</c>).</summary>
public sealed class LeaveRequest
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Peers _peers;

    internal LeaveRequest(TableStore table, Peers peers)
    {
        _peers = peers;
        table.Changed += Look;
    }

    /// <summary>Completes when it was asked to; the host then stops itself as on SIGTERM.</summary>
    public Task Asked => _asked.Task;

    private void Look(GridTable table)
    {
        if (table.Nodes.Any(node => node.Leaving && node.Address.Node == _peers.Self.Node))
            _asked.TrySetResult();
    }
}
