using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Membership;
using VitGrid.Transport;

namespace VitGrid.Benchmarks;

/// <summary>The second process of the calls benchmark: a silo with the ping grain, and a data plane that takes whatever comes.</summary>
internal sealed class CallsPeer : IDisposable
{
    private readonly Process _process;

    private CallsPeer(Process process, NodeEndpoint dataPlane) => (_process, DataPlane) = (process, dataPlane);

    public NodeEndpoint DataPlane { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts it: this program, with its hidden command.</summary>
    public static CallsPeer Start(int primaryPort)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["calls-peer", primaryPort.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        return new(process, JsonSerializer.Deserialize<NodeEndpoint>(process.StandardOutput.ReadLine()!)!);
    }

    /// <summary>What the second process does.</summary>
    public static async Task RunAsync(int primaryPort)
    {
        (int siloPort, int gatewayPort) = FreePorts.From(new(), IPAddress.Loopback);
        using IHost silo = await StartSiloAsync(siloPort, gatewayPort, primaryPort);
        await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IPingGrain>(0).PingAsync();
        await using DataPlane plane = Transport.DataPlane.Start(
            new(), new("benchmark", "peer", 1), _ => TakeAsync, TimeProvider.System, NullLoggerFactory.Instance);
        Console.WriteLine(JsonSerializer.Serialize(plane.Endpoint));
        await Console.In.ReadLineAsync();
        await silo.StopAsync();
    }

    /// <summary>A silo of the two; the one whose port is the primary's starts the cluster.</summary>
    public static async Task<IHost> StartSiloAsync(int siloPort, int gatewayPort, int primaryPort)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort, gatewayPort, new IPEndPoint(IPAddress.Loopback, primaryPort)));
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ValueTask TakeAsync(Link link, Frame frame)
    {
        frame.Body?.Dispose();
        return ValueTask.CompletedTask;
    }
}
