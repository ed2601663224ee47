using System.Globalization;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Sick;

/// <summary>A worker whose device can be made sick by a file.</summary>
/// <param name="Name">For logs.</param>
/// <param name="Server">The process that is there now.</param>
internal sealed record SickWorker(string Name, ServerProcess Server);

/// <summary>
/// A grid of real processes: Redis, one api, three workers with one device each. Every fault is known to every worker from its start, and
/// begins when its file appears.
/// </summary>
internal sealed class SickGrid : IDisposable
{
    /// <summary>Workers, and replicas or segments of the model.</summary>
    public const int Workers = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _server;
    private readonly string _logs;
    private readonly bool _segments;
    private readonly string[] _shared;
    private readonly RedisProcess _redis;
    private readonly List<SickWorker> _workers = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private SickGrid(string server, string logs, bool segments, RedisProcess redis)
    {
        (_server, _logs, _segments, _redis) = (server, logs, segments, redis);
        _shared = ["--redis", redis.Address, $"--VitGrid:Cluster:Id=sick-{(segments ? "segments" : "replicas")}"];
        for (int i = 0; i < Workers; i++)
            _workers.Add(Start($"worker-{i + 1}"));
        Api = ServerProcess.Start(server, Ports.Take(1)[0], ["--role", "api", .. _shared], Log("api"));
    }

    /// <summary>The HTTP front end.</summary>
    public ServerProcess Api { get; }

    /// <summary>How the model is laid out, for the report.</summary>
    public string Layout => LayoutOf(_segments);

    /// <summary>How the model is laid out in three replicas, or in one of three segments.</summary>
    public static string LayoutOf(bool segments) => segments ? "middle segment" : "replicas";

    /// <summary>The model's arguments, with which the truth is learnt as well.</summary>
    public static string[] Model(bool segments) => segments
        ? ["--model", "internvit-nano", "--segments", Workers.ToString(CultureInfo.InvariantCulture)]
        : ["--model", "internvit-nano"];

    /// <summary>Starts everything and waits until each worker holds its part.</summary>
    public static async Task<SickGrid> StartAsync(string server, string logs, bool segments, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(logs, segments ? "segments" : "replicas");
        Directory.CreateDirectory(folder);
        RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Path.Combine(folder, "redis"), cancellationToken);
        SickGrid grid = new(server, folder, segments, redis);
        try
        {
            await grid.Api.WaitUntilReadyAsync(cancellationToken);
            await grid.WaitUntilWholeAsync(cancellationToken);
            return grid;
        }
        catch
        {
            grid.Dispose();
            throw;
        }
    }

    /// <summary>The worker to be made sick: that of the middle segment, or the first.</summary>
    public async Task<SickWorker> VictimAsync(CancellationToken cancellationToken)
    {
        if (!_segments)
            return _workers[0];
        foreach (SickWorker worker in _workers)
        {
            if ((await LookAsync(worker, cancellationToken))?.Segments.Contains(1) == true)
                return worker;
        }
        throw new InvalidOperationException($"no worker holds segment 1: see {_logs}");
    }

    /// <summary>Makes a worker's device sick.</summary>
    public void Begin(SickWorker worker, SickFault fault) => File.WriteAllText(FileOf(worker.Name, fault), "");

    /// <summary>How a worker's device does; null while it does not answer.</summary>
    public Task<DeviceView?> LookAsync(SickWorker worker, CancellationToken cancellationToken) =>
        DeviceView.AskAsync(_http, worker.Server, cancellationToken);

    /// <summary>Ends a worker, unless it has ended, and starts a new one in its place, without the faults that were begun.</summary>
    public async Task RenewAsync(SickWorker worker, CancellationToken cancellationToken)
    {
        foreach (SickFault fault in SickFault.All)
            File.Delete(FileOf(worker.Name, fault));
        worker.Server.Process.Signal("TERM");
        Task<int> ended = worker.Server.Process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(30), cancellationToken)) != ended)
            worker.Server.Process.Signal("KILL");
        worker.Server.Dispose();
        _workers[_workers.IndexOf(worker)] = Start(worker.Name);
    }

    /// <summary>Waits until every worker is well and holds its part, and the api is ready.</summary>
    public async Task WaitUntilWholeAsync(CancellationToken cancellationToken)
    {
        string? missing = "nobody was asked";
        try
        {
            while (missing is not null)
            {
                await Task.Delay(Pause, cancellationToken);
                missing = await MissingAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new InvalidOperationException($"the grid never was whole: {missing}; see {_logs}", exception);
        }
    }

    /// <summary>Images that began again so far, as the api's log says.</summary>
    public int BegunAgain()
    {
        using StreamReader log = new(new FileStream(Log("api"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        int lines = 0;
        while (log.ReadLine() is { } line)
            lines += line.Contains(" begins again after attempt ", StringComparison.Ordinal) ? 1 : 0;
        return lines;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Api.Dispose();
        foreach (SickWorker worker in _workers)
            worker.Server.Dispose();
        _redis.Dispose();
        _http.Dispose();
    }

    private async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        if (_workers.Find(worker => worker.Server.Process.HasExited) is { } ended)
        {
            throw new InvalidOperationException(
                $"{ended.Name} ended with code {ended.Server.Process.ExitCode}: {ended.Server.Process.LastLines()}; see {_logs}");
        }
        HashSet<int> segments = [];
        foreach (SickWorker worker in _workers)
        {
            if (await LookAsync(worker, cancellationToken) is not { State: "healthy" } device || device.Segments.Count != 1)
                return $"{worker.Name} does not hold its part, or is not well";
            segments.UnionWith(device.Segments);
        }
        using HttpResponseMessage ready = await _http.GetAsync(new Uri(Api.Address, "/health/ready"), cancellationToken);
        if (segments.Count != (_segments ? Workers : 1))
            return "segments are missing";
        return ready.IsSuccessStatusCode ? null : "the api is not ready";
    }

    private SickWorker Start(string name)
    {
        int[] ports = Ports.Take(4);
        IEnumerable<string> faults = SickFault.All.Select((fault, i) =>
            $"--VitGrid:Health:InjectFaults:{i}=cpu:0 {fault.Spec} when={FileOf(name, fault)}");
        return new(name, ServerProcess.Start(
            _server, ports[0],
            [
                "--role", "worker", .. _shared, .. Model(_segments), "--devices", "cpu:0",
                .. _segments ? [] : new[] { "--replicas", $"{Workers}" },
                "--silo-port", $"{ports[1]}", "--gateway-port", $"{ports[2]}", "--data-port", $"{ports[3]}",
                // What is said of times is the setting's: a run may take three medians, and half a second on a busy machine.
                "--VitGrid:Health:RunFloorMilliseconds=500", "--VitGrid:Health:LostMilliseconds=2000",
                // Devices are what is sick here: a process that a busy machine keeps waiting is not to be taken for dead.
                "--VitGrid:Cluster:PeerSilenceMilliseconds=20000", "--VitGrid:Cluster:ProbeMilliseconds=10000",
                "--VitGrid:Cluster:MaxProbeMilliseconds=20000", "--VitGrid:DataPlane:ConnectMilliseconds=20000", .. faults,
            ],
            Log(name)));
    }

    private string FileOf(string worker, SickFault fault) => Path.GetFullPath(Path.Combine(_logs, $"{worker}.{fault.Name}.on"));

    private string Log(string name) => Path.Combine(_logs, $"{name}.log");
}
