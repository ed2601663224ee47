using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Checks <see cref="ClusterOptions"/>.</summary>
internal static partial class ClusterOptionsCheck
{
    public static IEnumerable<string> Faults(ClusterOptions cluster)
    {
        if (!Name().IsMatch(cluster.Id))
            yield return $"Cluster:Id is '{cluster.Id}'; allowed are 1 to 64 letters, digits, '-', '_' and '.'";
        if (cluster.SiloPort != 0 && cluster.SiloPort == cluster.GatewayPort)
            yield return $"Cluster:SiloPort and Cluster:GatewayPort are both {cluster.SiloPort}; let them differ, or 0 for any free one";
        if (cluster.MaxProbeMilliseconds < cluster.ProbeMilliseconds)
            yield return $"Cluster:MaxProbeMilliseconds is {cluster.MaxProbeMilliseconds}, below Cluster:ProbeMilliseconds "
                + $"({cluster.ProbeMilliseconds}); raise it";
        if (cluster.PeerSilenceMilliseconds < 2 * cluster.PingMilliseconds)
            yield return $"Cluster:PeerSilenceMilliseconds is {cluster.PeerSilenceMilliseconds}, below twice Cluster:PingMilliseconds "
                + $"({cluster.PingMilliseconds}): a live peer would be taken for gone; raise it";
        if (cluster.Kubernetes && !cluster.IsClustered)
            yield return "Cluster:Kubernetes is true without Cluster:Redis; name the Redis that holds the membership";
        foreach (string fault in cluster.Tls?.Files().Faults() ?? [])
            yield return fault;
        if (cluster.Redis is not { } redis)
            yield break;
        if (RedisAddress.Faults(redis, "Cluster:Redis") is { Count: > 0 } malformed)
        {
            yield return malformed[0];
            yield break;
        }
        if (ClusterAddress.Of(cluster) is not { } address)
            yield return $"Cluster:AdvertisedHost is {cluster.AdvertisedHost ?? "not set"}, and no address of this process follows from "
                + $"that; name one under which the others reach it";
        else if (IPAddress.IsLoopback(address))
            yield break;
        else if (address.AddressFamily == AddressFamily.InterNetworkV6)
            yield return $"Cluster:AdvertisedHost is {address}; beyond loopback this version listens on IPv4 only: name an IPv4 address";
        else if (cluster is { Tls: null, AllowPlaintext: false })
            yield return $"Cluster:AdvertisedHost is {address}, so traffic would leave the machine unencrypted; set Cluster:Tls, or "
                + $"Cluster:AllowPlaintext=true in a network you trust";
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex Name();
}
