using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>What <c>redis-failover</c> was asked for.</summary>
/// <param name="Server">vitgrid.dll.</param>
/// <param name="Images">Images of each job.</param>
/// <param name="Failovers">Jobs during each of which the primary is killed.</param>
/// <param name="Confirm">Replicas that confirm (<c>Indexing:ConfirmReplicas</c>).</param>
/// <param name="Cut">How long before each kill the replica is cut off.</param>
/// <param name="Folder">Where everything is; emptied first.</param>
internal sealed record FailoverOptions(string Server, int Images, int Failovers, int Confirm, TimeSpan Cut, string Folder);

/// <summary>
/// Jobs of the indexing queue, in each of which the primary Redis is killed at a time drawn by chance and its replica promoted by a
/// sentinel. What was submitted without an error must be in the sink exactly once; the gap is from the kill to the next item that is
/// settled.
/// </summary>
internal sealed class RedisFailover(FailoverOptions options, TextWriter log)
{
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<double> _promoted = [];
    private readonly List<double> _gaps = [];
    private int _refused, _lost, _doubled, _other;

    /// <summary>Runs it; gives the report's lines and whether nothing was lost or doubled.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool Passed)> RunAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Folder))
            Directory.Delete(options.Folder, recursive: true);
        Directory.CreateDirectory(Path.Combine(options.Folder, "sink"));
        ChaosImages images = ChaosImages.Create(options.Folder, options.Images, ChaosSource.Files);
        using SentinelProcesses redis = await SentinelProcesses.StartAsync(options.Folder, cancellationToken);
        using ServerProcess worker = await ServerProcess.StartReadyAsync(options.Server, WorkersArguments(redis), cancellationToken);
        for (int round = 1; round <= options.Failovers; round++)
            await RoundAsync(redis, images, round, cancellationToken);
        int submitted = options.Failovers - _refused;
        return (
            [
                $"{options.Failovers} fail-overs, {submitted} jobs of {images.Good.Count} good images submitted, {_refused} submissions "
                    + $"refused; ConfirmReplicas {options.Confirm}; the replica cut off {options.Cut.TotalMilliseconds} ms before each "
                    + "kill",
                $"lost {_lost}, doubled {_doubled}, wrong otherwise {_other}",
                $"promoted after {Figures(_promoted)}; {redis.Unasked} fail-overs more that the sentinel began by itself",
                $"next item settled after {Figures(_gaps)}",
            ],
            _lost + _doubled + _other == 0);
    }

    private async Task RoundAsync(SentinelProcesses redis, ChaosImages images, int round, CancellationToken cancellationToken)
    {
        string job = $"round-{round}", sink = Path.GetFullPath(Path.Combine(options.Folder, "sink", $"{job}.jsonl"));
        Task<bool> submitting = SubmitAsync(redis, images, job, sink, cancellationToken);
        await Task.Delay(Latest * Random.Shared.NextDouble(), cancellationToken);
        if (options.Cut > TimeSpan.Zero)
        {
            redis.CutReplica();
            await Task.Delay(options.Cut, cancellationToken);
        }
        Stopwatch gap = Stopwatch.StartNew();
        _promoted.Add((await redis.FailOverAsync(cancellationToken)).TotalSeconds);
        string before = Ended(redis, job);
        Task repairing = redis.RepairAsync(cancellationToken);
        string state = "";
        for (bool moved = false, gone = false; !gone && state is not ("finished" or "damaged"); await Task.Delay(Glance, cancellationToken))
        {
            if (!moved && Ended(redis, job) is { Length: > 0 } ended && ended != before)
            {
                moved = true;
                _gaps.Add(gap.Elapsed.TotalSeconds);
            }
            state = redis.Primary.Ask($"HGET vitgrid:index:job:{job} state")[0];
            // Nothing more comes of a job that nobody knows, or that stands still.
            gone = (submitting.IsCompleted && state.Length == 0) || gap.Elapsed > Limit;
        }
        await repairing;
        bool told = await submitting;
        Judge(told, images, sink);
        Say($"{job}: {(told ? "submitted" : "refused")}, {(state.Length > 0 ? state : "gone")}; lost {_lost}, doubled {_doubled} so far");
    }

    private void Judge(bool told, ChaosImages images, string sink)
    {
        _refused += told ? 0 : 1;
        string[] ids = !File.Exists(sink) ? [] : [.. File.ReadLines(sink).Select(line => ChaosVerdict.Read(line, "id").Name)];
        _doubled += ids.Length - ids.Distinct().Count();
        _other += ids.Except(images.Good.Keys).Count();
        _lost += told ? images.Good.Keys.Except(ids).Count() : 0;
    }

    /// <summary>Whether it was told that everything is in the queue.</summary>
    private async Task<bool> SubmitAsync(
        SentinelProcesses redis, ChaosImages images, string job, string sink, CancellationToken cancellationToken)
    {
        try
        {
            await Verb.RunAsync(
                options.Server,
                [
                    "index", "submit", .. images.Sources, "--model", ChaosGrid.Model, "--sink", $"jsonl:{sink}", "--job", job,
                    "--queue-redis", redis.Address, $"--VitGrid:Indexing:ConfirmReplicas={options.Confirm}",
                ],
                cancellationToken);
            return true;
        }
        catch (VerbFailedException)
        {
            return false;
        }
    }

    private string[] WorkersArguments(SentinelProcesses redis) =>
    [
        "--model", ChaosGrid.Model, "--queue-redis", redis.Address, $"--VitGrid:Indexing:ConfirmReplicas={options.Confirm}",
        $"--VitGrid:Indexing:Roots={Path.GetFullPath(Path.Combine(options.Folder, "images"))}",
        $"--VitGrid:Indexing:SinkRoots={Path.GetFullPath(Path.Combine(options.Folder, "sink"))}",
        "--VitGrid:Indexing:ClaimMilliseconds=2000", "--VitGrid:Indexing:PartRows=20", "--VitGrid:Indexing:PartMilliseconds=200",
        "--VitGrid:Indexing:MaxBackoffMilliseconds=1000",
    ];

    private static string Ended(SentinelProcesses redis, string job) => redis.Primary.Ask($"HGET vitgrid:index:job:{job} done")[0];

    private static string Figures(List<double> seconds) => seconds.Count == 0 ? "none" : string.Create(
        CultureInfo.InvariantCulture,
        $"{seconds.Order().ElementAt(seconds.Count / 2):0.00} s in the middle, {seconds.Min():0.00} to {seconds.Max():0.00} s");

    private void Say(string line) =>
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} s  {line}"));
}
