using System.Net;
using System.Net.Sockets;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Membership;

/// <summary>Fills in ports that were left open.</summary>
internal static class FreePorts
{
    /// <summary>Both ports of a silo; a 0 is replaced by a port that was free a moment ago.</summary>
    public static (int Silo, int Gateway) From(ClusterOptions options, IPAddress address)
    {
        // Both probes are open at once, or the system could name the same port twice.
        using TcpListener silo = Probe(address);
        using TcpListener gateway = Probe(address);
        return (Choose(options.SiloPort, silo), Choose(options.GatewayPort, gateway));
    }

    private static TcpListener Probe(IPAddress address)
    {
        TcpListener listener = new(address, 0);
        listener.Start();
        return listener;
    }

    private static int Choose(int wanted, TcpListener probe) => wanted == 0 ? ((IPEndPoint)probe.LocalEndpoint).Port : wanted;
}
