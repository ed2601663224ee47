using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>
/// This process's front end for activations, apart from Orleans: it listens, connects and owns the links. It knows nothing of models,
/// batches or grains.
/// </summary>
public sealed partial class DataPlane : IAsyncDisposable
{
    private readonly NodeIdentity _self;
    private readonly LinkAccepted _accepted;
    private readonly LinkSetup _setup;
    private readonly ILogger _logger;
    private readonly Dialer _dialer;
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly Listener _tcp;
    private readonly UnixEndpoint? _unix;

    private DataPlane(NodeIdentity self, LinkAccepted accepted, LinkSetup setup)
    {
        (_self, _accepted, _setup, _logger) = (self, accepted, setup, setup.Logger);
        _dialer = new(setup.Options.Tls is { } tls ? new(tls, setup.Logger) : null, setup.Buffers);
        IPAddress address = IPAddress.Parse(setup.Options.ListenAddress);
        Socket tcp = Sockets.Listen(Sockets.Tcp(address.AddressFamily), new IPEndPoint(address, setup.Options.Port));
        _unix = setup.Options.UnixSocket ? new(AcceptAsync, setup.Time, setup.Logger) : null;
        Endpoint = new(setup.Options.AdvertisedHost ?? setup.Options.ListenAddress, ((IPEndPoint)tcp.LocalEndPoint!).Port, _unix?.Path,
            MachineToken.Current);
        _tcp = new(tcp, AcceptAsync, setup.Logger);
    }

    /// <summary>Where peers reach this process.</summary>
    public NodeEndpoint Endpoint { get; }

    /// <summary>Memory for bodies, for sending too.</summary>
    internal NativeBufferPool Buffers => _setup.Buffers;

    /// <summary>Listens from now on.</summary>
    /// <exception cref="DataPlaneException">A setting is out of range, a file unusable, or the port taken.</exception>
    public static DataPlane Start(
        DataPlaneConfiguration options, NodeIdentity self, LinkAccepted accepted, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.Faults() is { Count: > 0 } faults)
            throw new DataPlaneException(faults);
        try
        {
            return new(self, accepted, new(options, new(options.Limits.KeptBufferBytes), time, loggers.CreateLogger<DataPlane>()));
        }
        catch (SocketException exception)
        {
            throw new DataPlaneException(
                [$"the data plane cannot listen on {options.ListenAddress}:{options.Port}: {exception.Message}; choose another "
                    + $"VitGrid:Cluster:DataPort, or 0 for any free one"], exception);
        }
    }

    /// <summary>A link to a peer, frames of which <paramref name="handler"/> takes.</summary>
    /// <exception cref="PeerConnectException">None came about; it says why.</exception>
    public async Task<Link> ConnectAsync(
        NodeEndpoint peer, long expectedIncarnation, FrameHandler handler, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = Limit();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            CancellationToken limited = either.Token;
            Link link = await TransferThread.Run("data plane: connect", () => Connect(peer, expectedIncarnation, limited));
            link.Start(handler);
            return link;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && ConnectFailures.Explain(
            exception, peer, _setup.Options) is { } explained)
        {
            if (explained == exception)
                throw;
            throw explained;
        }
    }

    /// <summary>Accepts no more, closes every link in order and frees the memory it kept.</summary>
    public async ValueTask DisposeAsync()
    {
        await _tcp.DisposeAsync();
        if (_unix is not null)
            await _unix.DisposeAsync();
        await Task.WhenAll(_links.Keys.Select(link => link.DisposeAsync().AsTask()));
        Buffers.Dispose();
    }

    private async Task AcceptAsync(Socket socket, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = Limit();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            CancellationToken limited = either.Token;
            Link link = await TransferThread.Run("data plane: accept", () => Accept(socket, limited));
            link.Start(_accepted(link));
        }
        catch (Exception exception)
        {
            socket.Dispose();
            LogNotAccepted(exception.Message);
        }
    }

    private Link Connect(NodeEndpoint peer, long expectedIncarnation, CancellationToken cancellationToken)
    {
        Connection connection = _dialer.Dial(peer, cancellationToken);
        return Bind(connection, Sockets.Interruptibly(
            connection, () => Handshake.Greet(connection, _self, expectedIncarnation), cancellationToken));
    }

    private Link Accept(Socket socket, CancellationToken cancellationToken)
    {
        Connection connection = _dialer.Accept(socket, cancellationToken);
        return Bind(connection, Sockets.Interruptibly(connection, () => Handshake.Answer(connection, _self), cancellationToken));
    }

    private Link Bind(Connection connection, NodeIdentity peer)
    {
        Link link = new(connection, peer, _setup);
        _links.TryAdd(link, true);
        _ = ForgetAsync(link);
        return link;
    }

    private async Task ForgetAsync(Link link)
    {
        await link.Ended;
        _links.TryRemove(link, out _);
    }

    private CancellationTokenSource Limit() => new(TimeSpan.FromMilliseconds(_setup.Options.Limits.ConnectMilliseconds), _setup.Time);

    [LoggerMessage(1001, LogLevel.Warning, "A connection to the data plane was turned away: {Reason}")]
    private partial void LogNotAccepted(string reason);
}
