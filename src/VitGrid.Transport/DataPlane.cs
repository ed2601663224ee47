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
    private readonly LinkSlots _slots;
    private readonly Throttle _refusals;
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly Listener? _tcp;
    private readonly UnixEndpoint? _unix;
    private readonly NodeEndpoint? _endpoint;

    private DataPlane(NodeIdentity self, LinkAccepted accepted, LinkSetup setup)
    {
        (_self, _accepted, _setup, _logger) = (self, accepted, setup, setup.Logger);
        _dialer = new(setup.Options.Tls is { } tls ? new(tls, setup.Logger) : null, setup.Buffers);
        _slots = new(setup.Options.Limits.MaxLinks, setup.Options.Limits.MaxLinksPerAddress);
        _refusals = new(setup.Time);
        if (!setup.Options.Listens)
            return;
        IPAddress address = IPAddress.Parse(setup.Options.ListenAddress);
        Socket tcp = Sockets.Listen(Sockets.Tcp(address.AddressFamily), new IPEndPoint(address, setup.Options.Port));
        GreetingRoom room = new(setup.Options.Limits, _slots.Holds);
        _unix = setup.Options.UnixSocket ? new(room, AcceptAsync, setup.Time, setup.Logger) : null;
        _endpoint = new(setup.Options.AdvertisedHost ?? setup.Options.ListenAddress, ((IPEndPoint)tcp.LocalEndPoint!).Port, _unix?.Path,
            MachineToken.Current);
        _tcp = new(tcp, room, AcceptAsync, setup.Logger);
    }

    /// <summary>Where peers reach this process.</summary>
    /// <exception cref="InvalidOperationException">It does not listen.</exception>
    public NodeEndpoint Endpoint => _endpoint ?? throw new InvalidOperationException("this process's data plane does not listen");

    /// <summary>Memory for bodies, for sending too.</summary>
    internal NativeBufferPool Buffers => _setup.Buffers;

    /// <summary>Connects, and unless it is not to listens, from now on.</summary>
    /// <exception cref="DataPlaneException">A setting is out of range, a file unusable, or the port taken.</exception>
    public static DataPlane Start(
        DataPlaneConfiguration options, NodeIdentity self, LinkAccepted accepted, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.Faults() is { Count: > 0 } faults)
            throw new DataPlaneException(faults);
        try
        {
            DataPlane plane = new(
                self, accepted, new(options, new(options.Limits.KeptBufferBytes), time, loggers.CreateLogger<DataPlane>()));
            if (options.Tls is null && !IPAddress.IsLoopback(IPAddress.Parse(options.ListenAddress)))
                plane.LogPlaintext();
            return plane;
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
        using CancellationTokenSource limit = Limit(_setup.Options.Limits.ConnectMilliseconds);
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
        if (_tcp is not null)
            await _tcp.DisposeAsync();
        if (_unix is not null)
            await _unix.DisposeAsync();
        await Task.WhenAll(_links.Keys.Select(link => link.DisposeAsync().AsTask()));
        Buffers.Dispose();
    }

    private async Task AcceptAsync(Socket socket, CancellationToken cancellationToken)
    {
        IPAddress address = Sockets.AddressOf(socket);
        using CancellationTokenSource limit = Limit(_setup.Options.Limits.GreetingMilliseconds);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            CancellationToken limited = either.Token;
            Link link = await TransferThread.Run("data plane: accept", () => Accept(socket, address, limited));
            link.Start(_accepted(link));
        }
        catch (Exception exception)
        {
            socket.Dispose();
            string late = $"it did not say who it is within {_setup.Options.Limits.GreetingMilliseconds} ms "
                + "(VitGrid:DataPlane:GreetingMilliseconds)";
            TurnedAway(address, limit.IsCancellationRequested ? late
                : cancellationToken.IsCancellationRequested ? "it had not said who it is when its place was needed" : exception.Message);
        }
    }

    private Link Connect(NodeEndpoint peer, long expectedIncarnation, CancellationToken cancellationToken)
    {
        Connection connection = _dialer.Dial(peer, cancellationToken);
        return Bind(connection, Sockets.Interruptibly(
            connection, () => Handshake.Greet(connection, _self, expectedIncarnation), cancellationToken), null);
    }

    private Link Accept(Socket socket, IPAddress address, CancellationToken cancellationToken)
    {
        Connection connection = _dialer.Accept(socket, cancellationToken);
        Hello peer = Sockets.Interruptibly(connection, () => Handshake.Hear(connection, _self), cancellationToken);
        if (_slots.TryTake(address, !connection.IsFrontEnd && _setup.Options.Rules.IsKnown(peer.Self)) is { } full)
        {
            connection.Dispose();
            throw new PeerConnectException(ConnectFailure.Refused, full);
        }
        try
        {
            return Bind(connection, Sockets.Interruptibly(
                connection, () => Handshake.Welcome(connection, _self, peer), cancellationToken), address);
        }
        catch
        {
            _slots.Free(address);
            throw;
        }
    }

    private Link Bind(Connection connection, Hello peer, IPAddress? from)
    {
        Link link = new(connection, peer, from is null, _setup);
        _links.TryAdd(link, true);
        _ = ForgetAsync(link, from);
        return link;
    }

    private async Task ForgetAsync(Link link, IPAddress? from)
    {
        await link.Ended;
        _links.TryRemove(link, out _);
        if (from is not null)
            _slots.Free(from);
    }

    private void TurnedAway(IPAddress from, string reason)
    {
        if (_refusals.Add() is { } count)
            LogNotAccepted(count, from, PeerText.Escape(reason));
    }

    private CancellationTokenSource Limit(int milliseconds) => new(TimeSpan.FromMilliseconds(milliseconds), _setup.Time);

    [LoggerMessage(1001, LogLevel.Warning,
        "{Count} connections to the data plane were turned away since this was last said, the last one from {Address}: {Reason}")]
    private partial void LogNotAccepted(int count, IPAddress address, string reason);

    [LoggerMessage(1002, LogLevel.Warning, "This process speaks plaintext beyond loopback, as VitGrid:Cluster:AllowPlaintext says: "
        + "whoever reaches the network can read and send images and vectors; set VitGrid:Cluster:Tls")]
    private partial void LogPlaintext();
}
