using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using VitGrid.Engine.Options;
using VitGrid.Redis;

namespace VitGrid.Cluster.Options;

/// <summary>The address under which other processes of the grid reach this one.</summary>
internal static class ClusterAddress
{
    /// <summary>
    /// Loopback without Redis; else the configured one; else loopback where Redis is on loopback, else the one that
    /// this machine's connection to Redis would come from: the others meet there too. Null where nothing of that has an address.
    /// </summary>
    public static IPAddress? From(ClusterOptions cluster)
    {
        if (cluster.Redis is null)
            return IPAddress.Loopback;
        return cluster.AdvertisedHost is { } host ? Resolve(host) : TowardsRedis(cluster.Redis);
    }

    private static IPAddress? TowardsRedis(string redis)
    {
        if (Resolve(RedisAddress.FirstHost(redis)) is not { } address)
            return FirstOwn();
        return IPAddress.IsLoopback(address) ? address : Towards(address) ?? FirstOwn();
    }

    private static IPAddress? Resolve(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return address;
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? found.FirstOrDefault();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>A datagram socket learns its own address from the route; nothing is sent.</summary>
    private static IPAddress? Towards(IPAddress address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static IPAddress? FirstOwn() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
}
