using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>A <c>redis-server</c> of the benchmark's own, gone with it.</summary>
internal sealed class ScratchRedis : IDisposable
{
    private readonly Process _process;

    public ScratchRedis(string folder)
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        _process = Process.Start(
            new ProcessStartInfo("redis-server", [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--logfile", "redis.log"]))!;
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }
}
