using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace VitGrid.Testing;

/// <summary>A fact that needs <c>redis-server</c> on the path; skipped where there is none.</summary>
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = RedisServer.Program is null ? "redis-server is not installed" : null;
}

/// <summary>A theory that needs <c>redis-server</c> on the path; skipped where there is none.</summary>
public sealed class RedisTheoryAttribute : TheoryAttribute
{
    public RedisTheoryAttribute() => Skip = RedisServer.Program is null ? "redis-server is not installed" : null;
}

/// <summary>A Redis of the test's own on a free port of loopback, which keeps nothing.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly int _port;
    private Process _process;

    private RedisServer(Process process, int port) => (_process, _port) = (process, port);

    /// <summary>Its path; null where it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);

    /// <summary>HOST:PORT.</summary>
    public string Address => $"127.0.0.1:{_port}";

    public static async Task<RedisServer> StartAsync()
    {
        int port = FreePort();
        return new(await LaunchAsync(port), port);
    }

    /// <summary>Sends a signal by its name, such as <c>STOP</c>.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Kills it, as a crash would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Starts it again on its port, empty.</summary>
    public async Task StartAgainAsync()
    {
        _process.Dispose();
        _process = await LaunchAsync(_port);
    }

    private static async Task<Process> LaunchAsync(int port)
    {
        ProcessStartInfo start = new(
            Program!, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
                return process;
        }
        throw new InvalidOperationException($"redis-server ended with code {process.ExitCode} before it was ready");
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
