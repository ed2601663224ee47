using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Hosting;

/// <summary>Opens the data plane before the rest of the grid starts, so that a report can name its port, and closes it last.</summary>
internal sealed class DataPlaneService(
    GridOptions options, DataPlaneOptions limits, Peers peers, FrameDispatcher dispatcher, ILoggerFactory loggers)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        ClusterOptions cluster = options.Cluster;
        peers.Listen(Plane(cluster, limits), cluster.Id, cluster.AdvertisedDataPort, dispatcher.HandleAsync, loggers);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await peers.DisposeAsync();

    private static DataPlaneConfiguration Plane(ClusterOptions cluster, DataPlaneOptions limits)
    {
        IPAddress address = ClusterAddress.Of(cluster)!;
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
