using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Notices dead workers quicker than the membership protocol: each worker keeps a link to the two that follow it in the order of names. A
/// link that breaks is followed by a probe; when nobody listens there any more, or nobody answers although others do, the silo is declared
/// dead. A process that was itself asleep sees all links broken and finds all peers answering, and declares nothing.
/// </summary>
internal sealed partial class PeerMonitor : GridLoop
{
    private const int Watched = 2;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(50);

    private readonly Peers _peers;
    private readonly TableStore _table;
    private readonly IClusterMembershipService _membership;
    private readonly ILogger<PeerMonitor> _logger;
    private readonly TimeSpan _timeout;
    private readonly ConcurrentDictionary<string, byte> _suspects = new();

    public PeerMonitor(Peers peers, TableStore table, IClusterMembershipService membership, GridOptions options,
        ILogger<PeerMonitor> logger)
    {
        _peers = peers;
        _table = table;
        _membership = membership;
        _logger = logger;
        _timeout = TimeSpan.FromMilliseconds(Math.Max(500, options.Cluster.PeerSilenceMilliseconds / 2));
        peers.Ended += OnLinkEnded;
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (NodeAddress next in Followers())
                await LinkAsync(next, cancellationToken);
            await Task.Delay(Round, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The workers after this one, round the end of the list.</summary>
    private IEnumerable<NodeAddress> Followers()
    {
        NodeAddress[] nodes = [.. _table.Current.Nodes.Select(node => node.Address)];
        int self = Array.FindIndex(nodes, node => node.Node == _peers.Self.Node);
        return self < 0 ? [] : Enumerable.Range(1, Math.Min(Watched, nodes.Length - 1)).Select(step => nodes[(self + step) % nodes.Length]);
    }

    private async Task LinkAsync(NodeAddress peer, CancellationToken cancellationToken)
    {
        try
        {
            await _peers.LinkAsync(peer, cancellationToken);
        }
        catch (ReplicaLostException)
        {
            Suspect(peer.Node);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The loop ends by itself.
        }
    }

    /// <summary>Only breaks: a probe ends with a goodbye, and to answer it with another probe would go on for ever.</summary>
    private void OnLinkEnded(Link link, LinkEnd end)
    {
        if (end.IsBreak)
            Suspect(link.Peer.Node);
    }

    private void Suspect(string node)
    {
        NodeRow? row = _table.Current.Nodes.FirstOrDefault(row => row.Address.Node == node);
        if (row is { Leaving: false, Address.Endpoint: not null } && _suspects.TryAdd(node, 0))
            _ = JudgeAsync(row.Address);
    }

    private async Task JudgeAsync(NodeAddress suspect)
    {
        try
        {
            ConnectFailure? failure = await ProbeAgainAsync(suspect);
            bool dead = failure is ConnectFailure.Refused or ConnectFailure.WrongIncarnation
                || (failure is ConnectFailure.TimedOut or ConnectFailure.Unreachable or ConnectFailure.HandshakeEnded
                    && await OthersAnswerAsync(suspect));
            if (!dead)
                return;
            LogDead(suspect.Node, failure!.Value);
            await _membership.TryKill(SiloAddress.FromParsableString(suspect.Node));
        }
        catch (Exception exception)
        {
            // The membership's own probes will come to the same end, later.
            LogNotDeclared(exception, suspect.Node);
        }
        finally
        {
            _suspects.TryRemove(suspect.Node, out _);
        }
    }

    private async Task<bool> OthersAnswerAsync(NodeAddress suspect)
    {
        NodeAddress[] others = [
            .. _table.Current.Nodes.Select(node => node.Address).Where(
                node => node.Node != suspect.Node && node.Node != _peers.Self.Node).Take(Watched + 1)];
        ConnectFailure?[] answers = await Task.WhenAll(others.Select(ProbeAsync));
        return answers.Length == 0 || answers.Contains(null);
    }

    /// <summary>Whatever cut the link may have cut the first probe too: an end that came at once is asked for a second time.</summary>
    private async Task<ConnectFailure?> ProbeAgainAsync(NodeAddress suspect)
    {
        ConnectFailure? first = await ProbeAsync(suspect);
        if (first is null or ConnectFailure.TimedOut)
            return first;
        await Task.Delay(BetweenProbes);
        return await ProbeAsync(suspect);
    }

    private async Task<ConnectFailure?> ProbeAsync(NodeAddress node)
    {
        using CancellationTokenSource limit = new(_timeout);
        try
        {
            return await _peers.ProbeAsync(node, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return ConnectFailure.TimedOut;
        }
    }

    [LoggerMessage(5111, LogLevel.Warning, "{Node} is declared dead: its data plane does not answer ({Failure})")]
    private partial void LogDead(string node, ConnectFailure failure);

    [LoggerMessage(5112, LogLevel.Warning, "{Node} could not be declared dead")]
    private partial void LogNotDeclared(Exception failure, string node);
}
