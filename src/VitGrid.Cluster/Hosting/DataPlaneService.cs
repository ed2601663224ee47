using System.Net;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Opens the data plane before the rest of the grid starts, so that a report can name its port, and closes it last. A front end's does not
/// listen.
/// </summary>
internal sealed class DataPlaneService(
    GridOptions options, DataPlaneOptions limits, Peers peers, FrameDispatcher dispatcher, KnownPeers known, ILoggerFactory loggers)
    : LifecycleService
{
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        ClusterOptions cluster = options.Cluster;
        DataPlaneConfiguration plane = Plane(cluster, limits) with
        {
            Listens = peers.IsWorker,
            Rules = new() { Gate = dispatcher.Gate, IsKnown = known.Contains },
        };
        peers.Listen(plane, cluster.Id, cluster.AdvertisedDataPort, dispatcher.HandleAsync, loggers);
        return Task.CompletedTask;
    }

    public override async Task StoppedAsync(CancellationToken cancellationToken) => await peers.DisposeAsync();

    private static DataPlaneConfiguration Plane(ClusterOptions cluster, DataPlaneOptions limits)
    {
        IPAddress address = ClusterAddress.From(cluster)!;
        return new()
        {
            ListenAddress = (IPAddress.IsLoopback(address) ? address : IPAddress.Any).ToString(),
            AdvertisedHost = address.ToString(),
            Port = cluster.DataPort,
            UnixSocket = cluster.UnixSocket,
            Tls = cluster.Tls?.Files(),
            AllowPlaintext = cluster.AllowPlaintext,
            PingMilliseconds = cluster.PingMilliseconds,
            SilenceMilliseconds = cluster.PeerSilenceMilliseconds,
            Limits = limits,
        };
    }
}
