using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// This process's links to others: at most one that it opened to each, opened when first needed, and those that others opened to it. Frames
/// of both go to the same handler.
/// </summary>
internal sealed partial class Peers(LocalNode self, ILogger<Peers> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Link, byte> _links = new();
    private readonly ConcurrentDictionary<NodeAddress, Lazy<Task<Link>>> _opened = new();
    private DataPlane? _plane;
    private FrameHandler _handler = (_, _) => throw new InvalidOperationException("the data plane is not listening yet");
    private int _closed;

    /// <summary>Called with every link that ended, whoever opened it.</summary>
    public event Action<Link, LinkEnd>? Ended;

    /// <summary>Called with every link that another process opened.</summary>
    public event Action<Link>? Accepted;

    /// <summary>This process.</summary>
    public NodeAddress Self => self.Address;

    /// <inheritdoc cref="LocalNode.IsWorker"/>
    public bool IsWorker => self.IsWorker;

    /// <summary>Links that stand, both directions.</summary>
    public IEnumerable<Link> Links => _links.Keys;

    /// <summary>Opens the data plane; where it listens <see cref="Self"/> says afterwards where.</summary>
    /// <param name="options">The data plane's.</param>
    /// <param name="cluster">Id of the grid.</param>
    /// <param name="advertisedPort">Port that others are told; 0: the one listened on.</param>
    /// <param name="handler">Takes every frame, and its body unless it throws.</param>
    /// <param name="loggers">Logs.</param>
    public void Listen(DataPlaneConfiguration options, string cluster, int advertisedPort, FrameHandler handler, ILoggerFactory loggers)
    {
        _handler = handler;
        _plane = DataPlane.Start(options, new(cluster, Self.Node, Self.Incarnation), Accept, TimeProvider.System, loggers);
        if (options.Listens)
            self.Listens(advertisedPort == 0 ? _plane.Endpoint : _plane.Endpoint with { Port = advertisedPort });
    }

    /// <summary>The link to <paramref name="peer"/>, opened now if there is none.</summary>
    /// <exception cref="ReplicaLostException">It cannot be reached, or another incarnation answers there.</exception>
    public async Task<Link> LinkAsync(NodeAddress peer, CancellationToken cancellationToken)
    {
        Lazy<Task<Link>> opening = _opened.GetOrAdd(peer, address => new(() => OpenAsync(address)));
        try
        {
            return await opening.Value.WaitAsync(cancellationToken);
        }
        catch (PeerConnectException exception)
        {
            throw new ReplicaLostException($"{peer.Node} cannot be reached: {exception.Message}", exception);
        }
    }

    /// <summary>Sends a frame, or notes that the link has ended.</summary>
    public async Task TrySendAsync(Link link, ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default)
    {
        try
        {
            await link.SendAsync(kind, head, body, CancellationToken.None);
        }
        catch (LinkEndedException exception)
        {
            LogNotSent(kind, link.Peer.Node, exception.Message);
        }
    }

    /// <summary>Whether a process still answers at <paramref name="peer"/>, asked over a connection of its own.</summary>
    public async Task<ConnectFailure?> ProbeAsync(NodeAddress peer, CancellationToken cancellationToken)
    {
        try
        {
            await using Link link = await Plane.ConnectAsync(peer.Endpoint!, peer.Incarnation, HandleAsync, cancellationToken);
            return null;
        }
        catch (PeerConnectException exception)
        {
            return exception.Failure;
        }
    }

    /// <summary>Closes the data plane; called by the host in its order and once more by the container.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_plane is not null && Interlocked.Exchange(ref _closed, 1) == 0)
            await _plane.DisposeAsync();
    }

    private DataPlane Plane => _plane ?? throw new InvalidOperationException("the data plane is not listening yet");

    private async Task<Link> OpenAsync(NodeAddress peer)
    {
        try
        {
            NodeEndpoint endpoint = peer.Endpoint ?? throw new ReplicaLostException($"{peer.Node} has no data plane");
            Link link = await Plane.ConnectAsync(endpoint, peer.Incarnation, HandleAsync, CancellationToken.None);
            LogOpened(peer.Node, endpoint);
            Keep(link, () => _opened.TryRemove(peer, out _));
            return link;
        }
        catch
        {
            // Whoever asks next tries anew, also if nobody waited for this attempt to the end.
            _opened.TryRemove(peer, out _);
            throw;
        }
    }

    private FrameHandler Accept(Link link)
    {
        Keep(link, () => { });
        Accepted?.Invoke(link);
        return HandleAsync;
    }

    private void Keep(Link link, Action forget)
    {
        _links[link] = 0;
        _ = WatchAsync();

        async Task WatchAsync()
        {
            LinkEnd end = await link.Ended;
            forget();
            _links.TryRemove(link, out _);
            LogEnded(link.IsKnown ? LogLevel.Information : LogLevel.Debug, link.Peer.Node, end.Reason, end.Message);
            Ended?.Invoke(link, end);
        }
    }

    private async ValueTask HandleAsync(Link link, Frame frame)
    {
        try
        {
            await _handler(link, frame);
        }
        catch
        {
            // The link ends, and nobody has taken the body over.
            frame.Body?.Dispose();
            throw;
        }
    }

    [LoggerMessage(5121, LogLevel.Information, "Linked to {Peer} at {Endpoint}")]
    private partial void LogOpened(string peer, NodeEndpoint endpoint);

    [LoggerMessage(EventId = 5122, Message = "The link with {Peer} ended ({Reason}): {Message}")]
    private partial void LogEnded(LogLevel level, string peer, LinkEndReason reason, string message);

    [LoggerMessage(5123, LogLevel.Debug, "Frame of kind {Kind} did not reach {Peer}: {Reason}")]
    private partial void LogNotSent(ushort kind, string peer, string reason);
}
