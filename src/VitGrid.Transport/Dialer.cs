using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>Opens connections: over the Unix socket of a process on this machine, else over TCP, with TLS if it is configured.</summary>
internal sealed class Dialer(TlsRotation? tls, NativeBufferPool buffers)
{
    /// <summary>A connection to whoever listens there; nothing has been said yet. Blocks.</summary>
    public Connection Dial(NodeEndpoint peer, CancellationToken cancellationToken) =>
        TryUnix(peer, cancellationToken) ?? DialTcp(peer, cancellationToken);

    /// <summary>The same for a connection that was accepted.</summary>
    public Connection Accept(Socket socket, CancellationToken cancellationToken)
    {
        return Sockets.Interruptibly(socket, Secure, cancellationToken);

        Connection Secure()
        {
            NetworkStream plain = new(Sockets.Tune(socket), ownsSocket: true);
            if (tls is null || socket.AddressFamily == AddressFamily.Unix)
                return new(socket, plain, buffers);
            SslStream secure = new(plain);
            secure.AuthenticateAsServer(tls.Current.ForServer());
            return new(socket, secure, buffers, CertificateRole.IsFrontEnd(secure.RemoteCertificate));
        }
    }

    private Connection? TryUnix(NodeEndpoint peer, CancellationToken cancellationToken)
    {
        if (peer.UnixSocket is null || peer.Machine != MachineToken.Current || !File.Exists(peer.UnixSocket))
            return null;
        Socket socket = Sockets.Unix();
        try
        {
            return Sockets.Interruptibly(socket, Connect, cancellationToken);
        }
        catch (SocketException)
        {
            // Left behind, or another user's: TCP tells which.
            return null;
        }

        Connection Connect()
        {
            socket.Connect(new UnixDomainSocketEndPoint(peer.UnixSocket));
            return new(socket, new NetworkStream(socket, ownsSocket: true), buffers);
        }
    }

    private Connection DialTcp(NodeEndpoint peer, CancellationToken cancellationToken)
    {
        Socket socket = Sockets.Tcp();
        return Sockets.Interruptibly(socket, Connect, cancellationToken);

        Connection Connect()
        {
            socket.Connect(IPAddress.TryParse(peer.Host, out IPAddress? address) ? new IPEndPoint(address, peer.Port) : new DnsEndPoint(
                peer.Host, peer.Port));
            NetworkStream plain = new(socket, ownsSocket: true);
            if (tls is null)
                return new(socket, plain, buffers);
            SslStream secure = new(plain);
            secure.AuthenticateAsClient(tls.Current.ForClient(peer.Host));
            return new(socket, secure, buffers);
        }
    }
}
