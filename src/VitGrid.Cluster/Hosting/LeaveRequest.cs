using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Hears from the table that this worker was asked to leave (<c>vitgrid cluster drain</c>), or that the membership has lost it, or that a
/// device of it is lost.
/// </summary>
public sealed class LeaveRequest
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Peers _peers;

    internal LeaveRequest(TableStore table, Peers peers)
    {
        _peers = peers;
        table.Changed += Look;
    }

    /// <summary>Completes when it was asked to; the host then stops itself as on SIGTERM.</summary>
    public Task Asked => _asked.Task;

    /// <summary>
    /// It leaves because the membership came back empty and does not hold it any more: nobody takes over, and it is to be started anew.
    /// </summary>
    public bool IsMembershipLost { get; private set; }

    /// <summary>
    /// It leaves because a device of this process is lost until the process is started anew; what the others have is handed over first.
    /// Null: none is.
    /// </summary>
    public string? LostDevice { get; private set; }

    /// <summary>Completes when everything was handed over that could be.</summary>
    public Task HandedOver => _handedOver.Task;

    internal void LoseDevice(string device)
    {
        LostDevice ??= device;
        _asked.TrySetResult();
    }

    internal void OnHandedOver() => _handedOver.TrySetResult();

    internal void LoseMembership()
    {
        IsMembershipLost = true;
        _asked.TrySetResult();
    }

    private void Look(GridTable table)
    {
        if (table.Nodes.Any(node => node.Leaving && node.Address.Node == _peers.Self.Node))
            _asked.TrySetResult();
    }
}
