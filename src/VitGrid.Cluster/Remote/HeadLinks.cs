using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Keeps a front end linked to the head of every replica that serves, before any request needs one: it so knows which it reaches, and is
/// told of new tables at once. A head whose link ends is out of reach from that moment until it is linked to again.
/// </summary>
internal sealed class HeadLinks : GridLoop
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly Peers _peers;
    private readonly TableStore _table;
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableHashSet<NodeAddress> _unreached = [];

    public HeadLinks(Peers peers, TableStore table)
    {
        (_peers, _table) = (peers, table);
        peers.Ended += (link, _) => OnEnded(link.Peer.Node);
    }

    /// <summary>Whether nothing speaks against sending images there: true also where nobody has tried.</summary>
    public bool Reaches(NodeAddress head) => !Volatile.Read(ref _unreached).Contains(head);

    /// <summary>Links to whoever is not linked yet.</summary>
    internal async Task LinkAsync(CancellationToken cancellationToken)
    {
        NodeAddress[] heads = [.. Heads(_table.Current).Where(head => head.Node != _peers.Self.Node).Distinct()];
        bool[] reached = await Task.WhenAll(heads.Select(head => TryAsync(head, cancellationToken)));
        Volatile.Write(ref _unreached, [.. heads.Where((_, i) => !reached[i])]);
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            long version = _table.Current.Version;
            Task ended = Volatile.Read(ref _woken).Task;
            await LinkAsync(cancellationToken);
            using CancellationTokenSource round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            round.CancelAfter(Round);
            await Task.WhenAny(_table.WhenAboveAsync(version, round.Token), ended);
            // A peer that takes links only to end them is not asked without a pause.
            if (ended.IsCompleted)
                await Task.Delay(Breath, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await round.CancelAsync();
        }
    }

    private void OnEnded(string node)
    {
        foreach (NodeAddress head in Heads(_table.Current).Where(head => head.Node == node))
            ImmutableInterlocked.Update(ref _unreached, static (unreached, gone) => unreached.Add(gone), head);
        Interlocked.Exchange(ref _woken, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
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
            await _peers.LinkAsync(head, cancellationToken).WaitAsync(Timeout, cancellationToken);
            return true;
        }
        catch (Exception exception)
            when (exception is ReplicaLostException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
