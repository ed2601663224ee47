using System.Globalization;
using System.Text.Json;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>Redis and two workers that are killed and started again.</summary>
internal sealed class ChaosGrid : IDisposable
{
    public const string Model = "internvit-nano";

    private static readonly string[] Counts = ["done", "dead", "cancelled"];

    private readonly ChaosOptions _options;
    private readonly string _sinkFolder;
    private readonly int[] _ports = Ports.Take(3);
    private readonly ServerProcess[] _workers = new ServerProcess[2];
    private readonly string[] _store;

    private ChaosGrid(ChaosOptions options, RedisProcess redis, string sinkFolder, string[] store) =>
        (_options, Redis, _sinkFolder, _store) = (options, redis, sinkFolder, store);

    public RedisProcess Redis { get; }

    /// <param name="options">What was asked for.</param>
    /// <param name="sinkFolder">Where vectors go.</param>
    /// <param name="store">Settings of the store of objects, if there is one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ChaosGrid> StartAsync(
        ChaosOptions options, string sinkFolder, string[] store, CancellationToken cancellationToken)
    {
        RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Path.Combine(options.Folder, "redis"), cancellationToken);
        ChaosGrid grid = new(options, redis, sinkFolder, store);
        for (int i = 0; i < grid._workers.Length; i++)
            grid.StartWorker(i);
        return grid;
    }

    /// <summary>Waits until both workers can embed.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => Task.WhenAll(
        _workers.Select(worker => worker.WaitUntilReadyAsync(cancellationToken)));

    /// <summary>Kills a worker and starts it again at once.</summary>
    public async Task KillWorkerAsync(int worker, CancellationToken cancellationToken)
    {
        _workers[worker].Process.Signal("KILL");
        await _workers[worker].Process.WaitForExitAsync(cancellationToken);
        _workers[worker].Dispose();
        StartWorker(worker);
    }

    /// <summary>Runs <c>vitgrid index</c> on this queue.</summary>
    public Task<string> IndexAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Verb.RunAsync(_options.Server, ["index", .. arguments, "--queue-redis", Redis.Address], cancellationToken);

    /// <summary>State, and the items that came to an end; null while the queue does not answer.</summary>
    public async Task<(string State, long Ended, string? Problem)?> StatusAsync(string job, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement status = JsonDocument.Parse(await IndexAsync(cancellationToken, "status", job, "--json")).RootElement.GetProperty(
                "jobs")[0];
            long ended = Counts.Sum(count => status.GetProperty(count).GetInt64());
            return (status.GetProperty("state").GetString()!, ended, status.TryGetProperty(
                "problem", out JsonElement problem) ? problem.GetString() : null);
        }
        catch (VerbFailedException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (ServerProcess worker in _workers)
            worker?.Dispose();
        Redis.Dispose();
    }

    private void StartWorker(int worker)
    {
        string[] arguments =
        [
            "--model", Model, "--queue-redis", Redis.Address,
            $"--VitGrid:Indexing:Roots={Path.GetFullPath(Path.Combine(_options.Folder, "images"))}",
            $"--VitGrid:Indexing:SinkRoots={_sinkFolder}", "--VitGrid:Indexing:ClaimMilliseconds=2000", "--VitGrid:Indexing:PartRows=50",
            "--VitGrid:Indexing:PartMilliseconds=500", "--VitGrid:Indexing:MaxDeliveries=1000",
            "--VitGrid:Indexing:MaxBackoffMilliseconds=2000", .. _store,
        ];
        string log = Path.Combine(_options.Folder, string.Create(CultureInfo.InvariantCulture, $"worker-{worker}.log"));
        _workers[worker] = ServerProcess.Start(_options.Server, _ports[worker], arguments, log);
    }
}
