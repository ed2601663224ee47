using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Spread;

/// <summary>A worker whose data plane is reached through a proxy that counts.</summary>
internal sealed class SpreadWorker : IDisposable
{
    private readonly TcpProxy _proxy;

    public SpreadWorker(string name, SpreadOptions options, IEnumerable<string> shared)
    {
        int[] ports = Ports.Take(3);
        _proxy = new(ports[2], ports[1]);
        Server = ServerProcess.Start(
            options.Server,
            ports[0],
            ["--role", "worker", .. shared, "--data-port", $"{ports[1]}", "--VitGrid:Cluster:UnixSocket=false",
                $"--VitGrid:Cluster:AdvertisedDataPort={ports[2]}"],
            Path.Combine(options.Logs, $"{name}.log"));
    }

    /// <summary>The process.</summary>
    public ServerProcess Server { get; }

    /// <summary>Bytes that others have sent it.</summary>
    public long BytesReceived => _proxy.BytesIn;

    /// <inheritdoc/>
    public void Dispose()
    {
        Server.Dispose();
        _proxy.Dispose();
    }
}
