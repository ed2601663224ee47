using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace VitGrid.Grains.Options;

/// <summary>The address under which other processes of the grid reach this one.</summary>
internal static class ClusterAddress
{
    /// <summary>The configured one; else loopback where Redis is on loopback, else the machine's first address that is not.</summary>
    public static IPAddress Of(ClusterOptions cluster)
    {
        if (cluster.AdvertisedHost is { } host)
            return Resolve(host) ?? IPAddress.Loopback;
        return cluster.Redis is null || IsOnLoopback(cluster.Redis) ? IPAddress.Loopback : OwnAddress() ?? IPAddress.Loopback;
    }

    private static bool IsOnLoopback(string redis)
    {
        string first = redis.Split(',')[0];
        string host = first.LastIndexOf(':') is var colon and > 0 ? first[..colon] : first;
        return Resolve(host.Trim('[', ']')) is { } address && IPAddress.IsLoopback(address);
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

    private static IPAddress? OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
}
