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
internal sealed partial class HeadWatch : GridLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly PipelineHeads _heads;
    private readonly Peers _peers;
    private readonly ILogger<HeadWatch> _logger;

    public HeadWatch(PipelineHeads heads, Peers peers, ILogger<HeadWatch> logger)
    {
        _heads = heads;
        _peers = peers;
        _logger = logger;
        peers.Ended += OnLinkEnded;
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await LinkAllAsync(stopping);
            await Task.Delay(Pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A link closed in order says nothing: if its process has left, the next round finds nobody there.</summary>
    private void OnLinkEnded(Link link, LinkEnd end)
    {
        if (end.IsBreak)
            _heads.FailThrough(link.Peer.Node, $"lost its link with {link.Peer.Node}: {end.Message}");
    }

    /// <summary>A link to every process of every replica whose head is here: only a link can end.</summary>
    private async Task LinkAllAsync(CancellationToken stopping)
    {
        IEnumerable<NodeAddress> nodes = _heads.All.SelectMany(head => head.Layout.Stages).Select(stage => stage.Node)
            .Where(node => node.Node != _peers.Self.Node).Distinct();
        foreach (NodeAddress node in nodes)
        {
            try
            {
                await _peers.LinkAsync(node, stopping);
            }
            catch (ReplicaLostException unreachable)
            {
                LogUnreachable(unreachable.Message);
                _heads.FailThrough(node.Node, unreachable.Message);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "A stage's process is out of reach: {Reason}")]
    private partial void LogUnreachable(string reason);
}
