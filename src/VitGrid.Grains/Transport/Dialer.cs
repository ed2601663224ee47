using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace VitGrid.Grains.Transport;

/// <summary>Opens connections: over the Unix socket of a process on this machine, else over TCP, with TLS if it is configured.</summary>
internal sealed class Dialer(TlsRotation? tls, NativeBufferPool buffers)
{
    /// <summary>A connection to whoever listens there; nothing has been said yet.</summary>
    public async Task<Connection> DialAsync(NodeEndpoint peer, CancellationToken cancellation) =>
        await TryUnixAsync(peer, cancellation) ?? await DialTcpAsync(peer, cancellation);

    /// <summary>The same for a connection that was accepted.</summary>
    public async Task<Connection> AcceptAsync(Socket socket, CancellationToken cancellation)
    {
        NetworkStream plain = new(Sockets.Tune(socket), ownsSocket: true);
        if (tls is null || socket.AddressFamily == AddressFamily.Unix)
            return new(socket, plain, buffers);
        SslStream secure = new(plain);
        await secure.AuthenticateAsServerAsync(tls.Current.ForServer(), cancellation);
        return new(socket, secure, buffers);
    }

    private async Task<Connection?> TryUnixAsync(NodeEndpoint peer, CancellationToken cancellation)
    {
        if (peer.UnixSocket is null || peer.Machine != MachineToken.Current || !File.Exists(peer.UnixSocket))
            return null;
        Socket socket = Sockets.Unix();
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(peer.UnixSocket), cancellation);
            return new(socket, new NetworkStream(socket, ownsSocket: true), buffers);
        }
        catch (SocketException)
        {
            // Left behind, or another user's: TCP tells which.
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Connection> DialTcpAsync(NodeEndpoint peer, CancellationToken cancellation)
    {
        Socket socket = Sockets.Tcp();
        try
        {
            EndPoint at = IPAddress.TryParse(peer.Host, out IPAddress? address) ? new IPEndPoint(address, peer.Port) : new DnsEndPoint(peer.Host, peer.Port);
            await socket.ConnectAsync(at, cancellation);
            NetworkStream plain = new(socket, ownsSocket: true);
            if (tls is null)
                return new(socket, plain, buffers);
            SslStream secure = new(plain);
            await secure.AuthenticateAsClientAsync(tls.Current.ForClient(peer.Host), cancellation);
            return new(socket, secure, buffers);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
