using System.Diagnostics;
using System.Globalization;

namespace VitGrid.LoadTest.Processes;

/// <summary>A real <c>vitgrid serve</c> in a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private ServerProcess(ChildProcess process, Uri address) => (Process, Address) = (process, address);

    /// <summary>The process.</summary>
    public ChildProcess Process { get; }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>Starts <paramref name="assembly"/> (vitgrid.dll) on a free port and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended or was not ready in two minutes; the message holds its last lines.</exception>
    public static async Task<ServerProcess> StartReadyAsync(
        string assembly, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        ServerProcess server = Start(assembly, Ports.Take(1)[0], arguments);
        try
        {
            await server.WaitUntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts <paramref name="assembly"/> (vitgrid.dll) on <paramref name="port"/> and does not wait.</summary>
    public static ServerProcess Start(string assembly, int port, IEnumerable<string> arguments, string? logFile = null)
    {
        Uri address = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        string[] all = [assembly, "serve", "--urls", address.ToString().TrimEnd('/'), .. arguments];
        return new(ChildProcess.Start("dotnet", all, logFile), address);
    }

    /// <summary>Waits until it says that it is ready, two minutes or <paramref name="timeout"/>.</summary>
    /// <exception cref="InvalidOperationException">It ended or was not ready in time; the message holds its last lines.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        using HttpClient http = new() { BaseAddress = Address };
        long begun = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(http, cancellationToken))
        {
            if (Process.HasExited || Stopwatch.GetElapsedTime(begun) > (timeout ?? Timeout))
                throw new InvalidOperationException(
                    $"the server at {Address} did not become ready:{Environment.NewLine}{Process.LastLines()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    /// <summary>Sends Ctrl-C's signal; SIGTERM, which drains alike, where a background shell has handed down SIGINT as ignored.</summary>
    public void Interrupt() => Process.Signal(IgnoresInterrupt() ? "TERM" : "INT");

    /// <inheritdoc/>
    public void Dispose() => Process.Dispose();

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken);
            // It is ready from its first model on.
            string body = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer.IsSuccessStatusCode && !body.Contains("it is loading", StringComparison.Ordinal);
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
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{Process.Id}/status");
        return File.Exists(file)
            && File.ReadLines(file).First(line => line.StartsWith(Key, StringComparison.Ordinal)) is { } found
            && (long.Parse(found[Key.Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 2) != 0;
    }
}
