using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Keeps a front end linked to the head of every replica that serves, before any request needs one: it so knows which it reaches, and is
/// told of new tables at once.
/// </summary>
internal sealed class HeadLinks(Peers peers, TableStore table) : GridLoop
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private ImmutableHashSet<NodeAddress> _unreached = [];

    /// <summary>Whether nothing speaks against sending images there: true also where nobody has tried.</summary>
    public bool Reaches(NodeAddress head) => !Volatile.Read(ref _unreached).Contains(head);

    /// <summary>Links to whoever is not linked yet.</summary>
    internal async Task LinkAsync(CancellationToken cancellationToken)
    {
        NodeAddress[] heads = [.. Heads(table.Current).Where(head => head.Node != peers.Self.Node).Distinct()];
        bool[] reached = await Task.WhenAll(heads.Select(head => TryAsync(head, cancellationToken)));
        Volatile.Write(ref _unreached, [.. heads.Where((_, i) => !reached[i])]);
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            long version = table.Current.Version;
            await LinkAsync(cancellationToken);
            using CancellationTokenSource round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            round.CancelAfter(Round);
            await table.WhenAboveAsync(version, round.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static IEnumerable<NodeAddress> Heads(GridTable known) =>
        from model in known.Models
        from replica in model.Replicas
        where replica.State == ReplicaState.Serving
        select replica.Layout.Head;

    private async Task<bool> TryAsync(NodeAddress head, CancellationToken cancellationToken)
    {
        try
        {
            await peers.LinkAsync(head, cancellationToken).WaitAsync(Patience, cancellationToken);
            return true;
        }
        catch (Exception exception)
            when (exception is ReplicaLostException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
