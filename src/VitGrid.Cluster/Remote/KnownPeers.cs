using System.Collections.Frozen;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Which peers are workers of this grid. The table and the layouts of stages name each with its incarnation, a number that nobody guesses;
/// of a worker that has just come the membership alone knows. Asked with every frame. Thread-safe.
/// </summary>
internal sealed class KnownPeers(TableStore table, StagePeers? stages = null, IClusterMembershipService? membership = null)
{
    private Snapshot _snapshot = Snapshot.From(GridTable.Empty, null);

    /// <summary>Whether it is one.</summary>
    public bool Contains(NodeIdentity peer)
    {
        Snapshot now = Now();
        if (now.Incarnations.TryGetValue(peer.Node, out long incarnation))
            return incarnation == peer.Incarnation;
        return stages?.Knows(peer) == true || now.Members.Contains(peer.Node);
    }

    private Snapshot Now()
    {
        Snapshot last = Volatile.Read(ref _snapshot);
        (GridTable current, ClusterMembershipSnapshot? members) = (table.Current, membership?.CurrentSnapshot);
        if (ReferenceEquals(last.Table, current) && ReferenceEquals(last.Membership, members))
            return last;
        Snapshot next = Snapshot.From(current, members);
        Volatile.Write(ref _snapshot, next);
        return next;
    }

    private sealed record Snapshot(
        GridTable Table, ClusterMembershipSnapshot? Membership, FrozenDictionary<string, long> Incarnations, FrozenSet<string> Members)
    {
        public static Snapshot From(GridTable table, ClusterMembershipSnapshot? membership) => new(
            table,
            membership,
            table.Nodes.Select(node => node.Address).DistinctBy(address => address.Node)
                .ToFrozenDictionary(address => address.Node, address => address.Incarnation),
            Alive(membership).ToFrozenSet());

        private static IEnumerable<string> Alive(ClusterMembershipSnapshot? membership) => membership is null
            ? []
            : membership.Members.Values.Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None))
                .Select(member => member.SiloAddress.ToParsableString());
    }
}
