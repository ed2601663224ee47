using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>A process that a test started, with all it said. It is gone when the test is.</summary>
internal sealed partial class StartedProcess : IDisposable
{
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private string _said = "";
    private int _silent;

    private StartedProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id { get; }

    /// <summary>All it said so far.</summary>
    public string Said => _said;

    public static StartedProcess VitGrid(params string[] arguments) => VitGrid([], arguments);

    /// <summary>The same with environment variables beside the test's own.</summary>
    public static StartedProcess VitGrid(IEnumerable<(string Name, string Value)> environment, string[] arguments) =>
        Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "vitgrid.dll"), .. arguments], environment);

    /// <summary>The same in a container's <c>/dev/shm</c> of a size; see <see cref="Decoding.OwnMountsTheoryAttribute"/>.</summary>
    public static StartedProcess VitGridWithSharedMemory(int mebibytes, string[] arguments) => Start(
        "unshare", [
            "-m", "sh", "-c", $"mount -t tmpfs -o size={mebibytes}m none /dev/shm && exec dotnet \"$@\"", "sh",
            Path.Combine(AppContext.BaseDirectory, "vitgrid.dll"), .. arguments]);

    /// <summary>A Redis of the test's own, with an append-only file in <paramref name="folder"/>.</summary>
    public static async Task<(StartedProcess Process, string Address)> RedisAsync(string folder, params string[] settings)
    {
        int port = FreePort();
        StartedProcess redis = await RedisAsync(
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", "", .. settings]);
        return (redis, $"127.0.0.1:{port}");
    }

    /// <summary>A Redis with these arguments and no other.</summary>
    public static async Task<StartedProcess> RedisAsync(string[] arguments)
    {
        StartedProcess redis = Start("redis-server", arguments);
        await redis.HearAsync("Ready to accept connections");
        return redis;
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>The next line with <paramref name="mark"/> in it.</summary>
    public async Task<string> HearAsync(string mark)
    {
        using CancellationTokenSource limit = new(Timeout);
        try
        {
            while (true)
            {
                string line = await _lines.Reader.ReadAsync(limit.Token);
                if (line.Contains(mark, StringComparison.Ordinal))
                    return line;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException($"'{mark}' was never said; it said:{_said}", exception);
        }
    }

    /// <summary>Waits until it says that a Redis refused it or is away, that a setting or flag is wrong, or ends.</summary>
    public async Task SaysRefusalAsync()
    {
        string[] signs = ["Redis", "VitGrid:", "vitgrid:"];
        using CancellationTokenSource limit = new(Timeout);
        while (await _lines.Reader.WaitToReadAsync(limit.Token))
        {
            while (_lines.Reader.TryRead(out string? line))
            {
                if (signs.Any(sign => line.Contains(sign, StringComparison.Ordinal)) && !line.Contains("serving", StringComparison.Ordinal))
                    return;
            }
        }
    }

    /// <summary>Where a server that was started with port 0 listens.</summary>
    public async Task<string> ListeningAsync() => Address().Match(await HearAsync("listening on")).Value;

    /// <summary>The same once its models serve.</summary>
    public async Task<string> ReadyAsync()
    {
        string url = await ListeningAsync();
        await ReadyAsync(url);
        return url;
    }

    /// <summary>Waits until the server at <paramref name="url"/> is ready, and no model of it is being loaded as far as it tells.</summary>
    public static async Task ReadyAsync(string url)
    {
        using HttpClient http = new();
        using CancellationTokenSource limit = new(Timeout);
        while (!await IsReadyAsync(http, url, limit.Token))
            await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
    }

    /// <summary>A server is ready from its first model on.</summary>
    private static async Task<bool> IsReadyAsync(HttpClient http, string url, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await http.GetAsync($"{url}/health/ready", cancellationToken);
        string body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode && !body.Contains("it is loading", StringComparison.Ordinal);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Timeout);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Stops it where it stands, as swap or a hung driver would; nothing of it runs until <see cref="Thaw"/>.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>Lets it go on, as if no time had passed for it.</summary>
    public void Thaw() => Signal("CONT");

    /// <summary>Ends it as SIGKILL does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", $"-{name} {Id}");
        kill.WaitForExit();
    }

    private static StartedProcess Start(string program, string[] arguments, IEnumerable<(string Name, string Value)>? environment = null)
    {
        ProcessStartInfo start = new(
            program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        foreach ((string name, string value) in environment ?? [])
            start.Environment[name] = value;
        return new(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            // Both streams end with the process: nothing more will be said.
            if (Interlocked.Increment(ref _silent) == 2)
                _lines.Writer.TryComplete();
            return;
        }
        _said += $"\n{line}";
        _lines.Writer.TryWrite(line);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
