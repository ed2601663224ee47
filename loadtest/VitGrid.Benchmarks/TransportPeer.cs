using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Transport;

namespace VitGrid.Benchmarks;

/// <summary>Where the second process listens.</summary>
internal sealed record PeerAddress(NodeEndpoint DataPlane, int BareTcp, string BareUnix);

/// <summary>The second process of the transport benchmark: takes frames and bare bytes, and ends with its input.</summary>
internal sealed class TransportPeer : IDisposable
{
    /// <summary>A frame of this kind is answered.</summary>
    public const ushort Last = 2;

    private readonly Process _process;

    private TransportPeer(Process process, PeerAddress address) => (_process, Address) = (process, address);

    public PeerAddress Address { get; }

    /// <summary>CPU time it has used.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.StandardInput.WriteLine();
            return TimeSpan.FromTicks(long.Parse(_process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Starts it: this program, with its hidden command.</summary>
    public static TransportPeer Start()
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath!, "transport-peer") { RedirectStandardInput = true, RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        return new(process, JsonSerializer.Deserialize<PeerAddress>(process.StandardOutput.ReadLine()!)!);
    }

    /// <summary>What the second process does.</summary>
    public static async Task RunAsync()
    {
        await using DataPlane plane = DataPlane.Start(
            new(), new("benchmark", "peer", 1), _ => TakeAsync, TimeProvider.System, NullLoggerFactory.Instance);
        using SocketFolder folder = new();
        using Socket tcp = Sockets.Listen(Sockets.Tcp(AddressFamily.InterNetwork), new IPEndPoint(IPAddress.Loopback, 0));
        using Socket unix = Sockets.Listen(Sockets.Unix(), folder.EndPoint());
        _ = BareSocket.ReceiveAllAsync(tcp);
        _ = BareSocket.ReceiveAllAsync(unix);
        Console.WriteLine(JsonSerializer.Serialize(new PeerAddress(plane.Endpoint, ((IPEndPoint)tcp.LocalEndPoint!).Port, folder.Path)));
        while (await Console.In.ReadLineAsync() is not null)
            Console.WriteLine(Environment.CpuUsage.TotalTime.Ticks);
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
        return frame.Kind == Last ? link.SendAsync(Last, default, default) : ValueTask.CompletedTask;
    }
}
