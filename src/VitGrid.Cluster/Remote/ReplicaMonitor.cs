using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Watches the processes that this process's replicas run through: a link that breaks gives up the batches under way at
/// once, so that they begin again elsewhere long before any time-out.
/// </summary>
internal sealed partial class ReplicaMonitor : GridLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Func<IEnumerable<ReplicaLayout>> _layouts;
    private readonly LocalReplicaHeads _heads;
    private readonly Peers _peers;
    private readonly ILogger<ReplicaMonitor> _logger;

    /// <param name="layouts">The replicas whose first segment is in this process.</param>
    /// <param name="heads">Their heads.</param>
    /// <param name="peers">The links.</param>
    /// <param name="logger">Logs.</param>
    public ReplicaMonitor(Func<IEnumerable<ReplicaLayout>> layouts, LocalReplicaHeads heads, Peers peers, ILogger<ReplicaMonitor> logger)
    {
        _layouts = layouts;
        _heads = heads;
        _peers = peers;
        _logger = logger;
        peers.Ended += OnLinkEnded;
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await LinkAllAsync(cancellationToken);
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A process that stages run on, or the way to it, broke: what was on its way through it is lost.</summary>
    private void FailThrough(string node, string reason)
    {
        foreach (ReplicaLayout layout in _layouts().Where(layout => layout.Stages.Any(stage => stage.Node.Node == node)))
            _heads.Find(layout.Key)?.FailAll(reason);
    }

    /// <summary>A link closed in order says nothing: if its process has left, the next round finds nobody there.</summary>
    private void OnLinkEnded(Link link, LinkEnd end)
    {
        if (end.IsBreak)
            FailThrough(link.Peer.Node, $"lost its link with {link.Peer.Node}: {end.Message}");
    }

    /// <summary>A link to every process of every replica whose head is here: only a link can end.</summary>
    private async Task LinkAllAsync(CancellationToken cancellationToken)
    {
        IEnumerable<NodeAddress> nodes = _layouts().SelectMany(layout => layout.Stages).Select(stage => stage.Node)
            .Where(node => node.Node != _peers.Self.Node).Distinct();
        foreach (NodeAddress node in nodes)
        {
            try
            {
                await _peers.LinkAsync(node, cancellationToken);
            }
            catch (ReplicaLostException exception)
            {
                LogUnreachable(exception.Message);
                FailThrough(node.Node, exception.Message);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(5141, LogLevel.Information, "A stage's process is out of reach: {Reason}")]
    private partial void LogUnreachable(string reason);
}
