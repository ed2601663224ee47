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

    private readonly string[] _settings;

    private RedisServer(Process process, int port, string[] settings) => (_process, _port, _settings) = (process, port, settings);

    /// <summary>Its path; null where it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);

    /// <summary>Path of Garnet, another server that speaks Redis' protocol (the tool <c>garnet-server</c>); null: not installed.</summary>
    public static string? Garnet { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet", "tools"))
        .Select(folder => Path.Combine(folder, "garnet-server")).FirstOrDefault(File.Exists);

    /// <summary>HOST:PORT.</summary>
    public string Address => $"127.0.0.1:{_port}";

    /// <param name="settings">More of its arguments.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        int port = FreePort();
        return new(await LaunchAsync(port, settings), port, settings);
    }

    /// <summary>Garnet with little memory.</summary>
    public static async Task<RedisServer> StartGarnetAsync()
    {
        int port = FreePort();
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--memory", "128m", "--index", "8m"];
        return new(await LaunchAsync(arguments, "Ready to accept connections", Garnet), port, []);
    }

    /// <summary>A sentinel that watches one primary and promotes its replica soon after it is gone.</summary>
    /// <param name="file">Where it keeps what it knows.</param>
    /// <param name="service">What it calls the primary.</param>
    /// <param name="primary">Where that is, HOST:PORT.</param>
    public static async Task<RedisServer> StartSentinelAsync(string file, string service, string primary)
    {
        int port = FreePort();
        await File.WriteAllLinesAsync(
            file,
            [
                $"port {port}", "bind 127.0.0.1", $"dir {Path.GetDirectoryName(file)}",
                $"sentinel monitor {service} {primary.Replace(':', ' ')} 1",
                $"sentinel down-after-milliseconds {service} 300", $"sentinel failover-timeout {service} 3000",
            ]);
        return new(await LaunchAsync([file, "--sentinel"], "+monitor"), port, []);
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
        _process = await LaunchAsync(_port, _settings);
    }

    private static Task<Process> LaunchAsync(int port, string[] settings) => LaunchAsync(
        ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. settings], "Ready to accept connections");

    private static async Task<Process> LaunchAsync(string[] arguments, string ready, string? program = null)
    {
        ProcessStartInfo start = new(program ?? Program!, arguments) { RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(ready, StringComparison.Ordinal))
                return process;
        }
        throw new InvalidOperationException($"{program ?? "redis-server"} ended with code {process.ExitCode} before it was ready");
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
