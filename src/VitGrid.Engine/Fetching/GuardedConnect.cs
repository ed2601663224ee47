using System.Net;
using System.Net.Sockets;

namespace VitGrid.Engine.Fetching;

/// <summary>
/// The addresses of a host; <see cref="Dns.GetHostAddressesAsync(string, CancellationToken)"/>, or what a test puts in its place.
/// </summary>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>
/// Connects to a host at an address that was judged: the name is resolved once, and the socket gets the address, not the name, so that a
/// second answer of its DNS changes nothing.
/// </summary>
internal sealed class GuardedConnect(AddressRules rules, ResolveHost resolve)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] found = IPAddress.TryParse(host.Host, out IPAddress? literal) ? [literal] : await resolve(host.Host, cancellationToken);
        IPAddress[] allowed = [.. found.Where(rules.Allows)];
        // A client is not told the address: it would map the operator's network.
        if (allowed.Length == 0)
        {
            throw new UrlFetchException(found.Length == 0 ? UrlFault.Transient : UrlFault.NotAllowed, found.Length == 0
                ? $"host '{host.Host}' has no address"
                : $"host '{host.Host}' leads to an address that is not public; the operator may allow its range with "
                    + $"VitGrid:UrlFetch:Addresses");
        }
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, host.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
