using System.Net;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Hosting;

/// <summary>Opens the data plane before the rest of the grid starts, so that a report can name its port, and closes it last.</summary>
internal sealed class DataPlaneService(
    GridOptions options, DataPlaneOptions limits, Peers peers, FrameDispatcher dispatcher, ILoggerFactory loggers)
    : LifecycleService
{
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        ClusterOptions cluster = options.Cluster;
        peers.Listen(Plane(cluster, limits), cluster.Id, cluster.AdvertisedDataPort, dispatcher.HandleAsync, loggers);
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
