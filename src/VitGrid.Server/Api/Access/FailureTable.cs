using System.Net;
using System.Net.Sockets;

namespace VitGrid.Server.Api.Access;

/// <summary>
/// Counts, by the address of the peer, requests without a valid key in this minute; of IPv6 by the network of 64 bits. At most
/// <see cref="MaxPeers"/> peers are told apart, the others share one count. Any thread may call.
/// </summary>
internal sealed class FailureTable(TimeProvider time)
{
    public const int MaxPeers = 4_096;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _failures = [];
    private long _minute;

    /// <summary>Peers that are told apart now.</summary>
    public int Peers
    {
        get
        {
            lock (_lock)
                return _failures.Count;
        }
    }

    /// <summary>Counts one more.</summary>
    /// <returns>How many there are in this minute, and the seconds that are left of it.</returns>
    public (int Count, int SecondsLeft) Add(IPAddress? peer)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        IPAddress network = NetworkOf(peer);
        lock (_lock)
        {
            if (now / 60 != _minute)
                _failures.Clear();
            _minute = now / 60;
            if (_failures.Count >= MaxPeers && !_failures.ContainsKey(network))
                network = IPAddress.None;
            int count = _failures.GetValueOrDefault(network) + 1;
            _failures[network] = count;
            return (count, 60 - (int)(now % 60));
        }
    }

    private static IPAddress NetworkOf(IPAddress? peer)
    {
        if (peer is null)
            return IPAddress.None;
        if (peer.IsIPv4MappedToIPv6)
            return peer.MapToIPv4();
        if (peer.AddressFamily != AddressFamily.InterNetworkV6)
            return peer;
        byte[] bytes = peer.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }
}
