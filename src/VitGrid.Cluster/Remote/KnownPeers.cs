using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Which peers are workers of this grid. The table and the layouts of stages name each with its incarnation, a number that nobody guesses;
/// of a worker that has just come the membership alone knows.
/// </summary>
internal sealed class KnownPeers(TableStore table, StagePeers? stages = null, IClusterMembershipService? membership = null)
{
    /// <summary>Whether it is one.</summary>
    public bool Contains(NodeIdentity peer)
    {
        NodeAddress? row = table.Current.Nodes.Select(node => node.Address).FirstOrDefault(address => address.Node == peer.Node);
        return row is not null ? row.Incarnation == peer.Incarnation : stages?.Knows(peer) == true || IsMember(peer.Node);
    }

    private bool IsMember(string node) => membership is not null && membership.CurrentSnapshot.Members.Any(
        member => member.Value.Status is not (SiloStatus.Dead or SiloStatus.None) && member.Key.ToParsableString() == node);
}
