using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VitGrid.LoadTest;

/// <summary>A real <c>vitgrid serve</c> in a process of its own, on a free port.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _log = [];

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>Its number, for memory readings.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts <paramref name="assembly"/> (vitgrid.dll) and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended or was not ready in two minutes; the message holds its last lines.</exception>
    public static async Task<ServerProcess> StartAsync(string assembly, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        Uri address = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}"));
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])[assembly, "serve", "--urls", address.ToString().TrimEnd('/'), .. arguments])
            start.ArgumentList.Add(argument);
        ServerProcess server = new(Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start"), address);
        try
        {
            await server.WaitUntilReadyAsync(cancellation);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Sends Ctrl-C's signal; SIGTERM, which drains alike, where a background shell has handed down SIGINT as ignored.</summary>
    public void Interrupt()
    {
        string signal = IgnoresInterrupt() ? "-TERM" : "-INT";
        using Process kill = Process.Start("kill", [signal, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>The last lines it wrote.</summary>
    public string LastLines()
    {
        lock (_log)
            return string.Join(Environment.NewLine, _log.TakeLast(20));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        using HttpClient http = new() { BaseAddress = Address };
        long begun = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(http, cancellation))
        {
            if (HasExited || Stopwatch.GetElapsedTime(begun) > Patience)
                throw new InvalidOperationException($"the server at {Address} did not become ready:{Environment.NewLine}{LastLines()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Bit 1 of the mask SigIgn in Linux' /proc/PID/status is SIGINT, signal 2.</summary>
    private bool IgnoresInterrupt()
    {
        const string Key = "SigIgn:";
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/status");
        return File.Exists(file)
            && File.ReadLines(file).First(line => line.StartsWith(Key, StringComparison.Ordinal)) is { } found
            && (long.Parse(found[Key.Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 2) != 0;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.Add(line);
    }
}
