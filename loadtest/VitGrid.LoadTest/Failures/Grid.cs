using System.Globalization;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Failures;

/// <summary>A grid of real processes on this machine: Redis, one api, and workers that hold one model in three segments.</summary>
internal sealed class Grid : IDisposable
{
    /// <summary>Segments of the model, and workers at the beginning.</summary>
    public const int Segments = 3;

    private const int MaxRestarts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly FailureOptions _options;
    private readonly string _logs;
    private readonly string[] _shared;
    private readonly List<Worker> _workers = [];
    private string _build;
    private int _named;

    private Grid(FailureOptions options, RedisProcess redis, string name, string logs)
    {
        (_options, Redis, _logs, _build) = (options, redis, logs, options.From ?? options.Server);
        _shared = ["--redis", redis.Address, $"--VitGrid:Cluster:Id={name}"];
        for (int i = 0; i < Segments; i++)
            AddWorker();
        Api = StartApi();
    }

    /// <summary>The model, cut into as many segments as there are workers: none can do without the others.</summary>
    public static string[] ModelArguments { get; } = [
        "--model", "internvit-nano", "--segments", Segments.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Membership and plan live here.</summary>
    public RedisProcess Redis { get; }

    /// <summary>The HTTP front end.</summary>
    public ServerProcess Api { get; private set; }

    /// <summary>Path of the vitgrid.dll that is measured.</summary>
    public string Server => _options.Server;

    /// <summary>Whether processes of another build are, or were, in the grid.</summary>
    public bool HasOtherBuild => _options.From is not null;

    /// <summary>The workers, those that were killed and not yet started again included.</summary>
    public IReadOnlyList<Worker> Workers => _workers;

    /// <summary>Starts everything and waits until the model is served by all three.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="name">The cluster's id and the folder of its logs.</param>
    /// <param name="note">Called with what happens unasked.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<Grid> StartAsync(FailureOptions options, string name, Action<string> note, CancellationToken cancellationToken)
    {
        string logs = Path.Combine(options.Logs, name);
        Directory.CreateDirectory(logs);
        RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Path.Combine(logs, "redis"), cancellationToken);
        Grid grid = new(options, redis, name, logs);
        try
        {
            await grid.Api.WaitUntilReadyAsync(cancellationToken);
            await grid.WaitUntilWholeAsync(note, cancellationToken);
            return grid;
        }
        catch
        {
            grid.Dispose();
            throw;
        }
    }

    /// <summary>Starts one more worker.</summary>
    public Worker AddWorker()
    {
        Worker worker = new($"worker-{++_named}", _build, _shared, _logs);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Starts an api of <see cref="Server"/> beside the one that is there; once it is ready it takes its place.</summary>
    /// <returns>The api that was there, still running, for the caller to end.</returns>
    public async Task<ServerProcess> ReplaceApiAsync(CancellationToken cancellationToken)
    {
        _build = _options.Server;
        ServerProcess old = Api, started = StartApi();
        try
        {
            await started.WaitUntilReadyAsync(cancellationToken);
        }
        catch
        {
            started.Dispose();
            throw;
        }
        Api = started;
        return old;
    }

    /// <summary>Ends a worker for good.</summary>
    public async Task RemoveAsync(Worker worker, CancellationToken cancellationToken)
    {
        worker.Server.Process.Signal("TERM");
        await worker.Server.Process.WaitForExitAsync(cancellationToken);
        _workers.Remove(worker);
        worker.Dispose();
    }

    /// <summary>The grid's own view of itself, as <c>vitgrid cluster status</c> prints it.</summary>
    public async Task<GridStatus> StatusAsync(CancellationToken cancellationToken)
    {
        string json = await Verb.RunAsync(_build, ["cluster", "status", .. _shared, "--json"], cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(_logs, "status.log"), $"-- {DateTime.UtcNow:HH:mm:ss.fff}\n{json}\n", cancellationToken);
        return GridStatus.Parse(json);
    }

    /// <summary>Asks a node to hand over and leave.</summary>
    public Task DrainAsync(string node, CancellationToken cancellationToken) =>
        Verb.RunAsync(_options.Server, ["cluster", "drain", node, .. _shared], cancellationToken);

    /// <summary>
    /// Waits until every worker is in the grid and the model is served by ready stages; starts again what ended by itself meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">The api ended, or workers ended by themselves again and again.</exception>
    public async Task WaitUntilWholeAsync(Action<string> note, CancellationToken cancellationToken)
    {
        string? missing = "the status was not asked for";
        try
        {
            for (int restarts = 0; missing is not null; restarts += Supervise(note))
            {
                if (restarts > MaxRestarts || Api.Process.HasExited)
                    throw new InvalidOperationException(
                        $"{(Api.Process.HasExited ? "the api" : "a worker after the other")} ended: see {_logs}");
                await Task.Delay(Pause, cancellationToken);
                missing = await MissingAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            note($"not whole: {missing}");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Api.Dispose();
        foreach (Worker worker in _workers)
            worker.Dispose();
        Redis.Dispose();
    }

    private ServerProcess StartApi() =>
        ServerProcess.Start(_build, Ports.Take(1)[0], ["--role", "api", .. _shared], Path.Combine(_logs, "api.log"));

    private async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        try
        {
            GridStatus status = await StatusAsync(cancellationToken);
            return status.Missing(_workers.Select(worker => worker.Id).ToHashSet());
        }
        catch (VerbFailedException exception)
        {
            return exception.Message;
        }
    }

    private int Supervise(Action<string> note)
    {
        Worker[] ended = [.. _workers.Where(worker => worker.Server.Process.HasExited)];
        foreach (Worker worker in ended)
        {
            note($"{worker.Name} had ended by itself with code {worker.Server.Process.ExitCode} and was started again");
            worker.StartAgain();
        }
        return ended.Length;
    }
}
