using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Objects;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>A job during which both workers are killed again and again, Redis once, and the sink's disk fills once.</summary>
internal sealed class IndexChaos(ChaosOptions options, TextWriter log)
{
    private const string Job = "chaos";
    private const string SinkBucket = "public-vectors";

    // A look is a process that starts: more often, they would take a good part of a small machine from the workers.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1.5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _kills;
    private int _redisKills;
    private int _fullDisks;

    /// <summary>Runs it; gives the report's lines and whether everything is where it must be.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool Passed)> RunAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Folder))
            Directory.Delete(options.Folder, recursive: true);
        ChaosImages images = ChaosImages.Create(options.Folder, options.Images, options.Source);
        string sinkFolder = Path.GetFullPath(Path.Combine(options.Folder, "sink"));
        // Parts and the joined file, some 2.5 KB a vector each.
        using SmallDisk disk = SmallDisk.Mount(sinkFolder, (options.Images * 8_000L) + (8 << 20));
        string buckets = Path.GetFullPath(Path.Combine(options.Folder, "images"));
        Directory.CreateDirectory(Path.Combine(buckets, SinkBucket));
        await using S3Server bucket = await S3Server.StartAsync(buckets);
        bucket.Fault = request => Random.Shared.Next(100) switch
        {
            0 or 1 => 503,
            2 or 3 => S3Server.Cut,
            4 when request.Method != "GET" => S3Server.Lost,
            _ => 0,
        };
        string[] store =
        [
            .. options.Source == ChaosSource.S3 || options.IntoBucket ? bucket.Settings(ChaosImages.Bucket) : [],
            .. options.IntoBucket ? [$"--VitGrid:Indexing:S3:SinkBuckets={SinkBucket}"] : Array.Empty<string>(),
        ];
        using ChaosGrid grid = await ChaosGrid.StartAsync(options, sinkFolder, store, cancellationToken);
        string sink = Path.Combine(options.IntoBucket ? Path.Combine(buckets, SinkBucket) : sinkFolder, "vectors.jsonl");
        string named = options.IntoBucket ? $"s3://{SinkBucket}/vectors.jsonl" : sink;
        await grid.IndexAsync(
            cancellationToken,
            ["submit", .. images.Sources, "--model", ChaosGrid.Model, "--sink", $"jsonl:{named}", "--job", Job, .. store]);
        Say($"{options.Images} images submitted");
        TimeSpan took = await BreakAsync(grid, disk, cancellationToken);
        string[] dead = (await grid.IndexAsync(cancellationToken, "dead", Job)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Say("finished; embedding the same images to compare");
        Dictionary<string, float[]> expected = await ExpectedAsync(images, cancellationToken);
        ChaosVerdict verdict = ChaosVerdict.From(expected, File.ReadLines(sink), images.Broken, dead);
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Images} images in {took.TotalSeconds:0} s, {_kills} workers killed, Redis killed {_redisKills} times, the disk full "
                + $"{_fullDisks} times: {images.Good.Count} good, {images.Broken.Count} broken");
        return ([figures, verdict.ToString()], verdict.Passed);
    }

    private async Task<TimeSpan> BreakAsync(ChaosGrid grid, SmallDisk disk, CancellationToken cancellationToken)
    {
        TimeSpan began = _clock.Elapsed;
        for (int round = 1; ; round++)
        {
            if (await IsOverAsync(grid, began, cancellationToken))
                return _clock.Elapsed - began;
            // One in four goes while another starts; else a machine on which a start outlasts the pauses would never come to work.
            if (round % 4 != 0)
                await grid.WaitUntilReadyAsync(cancellationToken);
            Say($"killing worker {round % 2}");
            await grid.KillWorkerAsync(round % 2, cancellationToken);
            _kills++;
            if (round == 2)
                await RestartRedisAsync(grid, cancellationToken);
            else if (round == 3)
                FillDisk(disk);
            else if (round == 5)
                disk.Free();
        }
    }

    /// <summary>Watches for the time between two kills.</summary>
    private async Task<bool> IsOverAsync(ChaosGrid grid, TimeSpan began, CancellationToken cancellationToken)
    {
        TimeSpan next = _clock.Elapsed + (options.Every * (0.5 + Random.Shared.NextDouble()));
        while (_clock.Elapsed < next)
        {
            await Task.Delay(BetweenLooks, cancellationToken);
            if (await grid.StatusAsync(Job, cancellationToken) is not { } status)
                continue;
            Say($"{status.State}, {status.Ended} of {options.Images}{(status.Problem is { } problem ? $": {problem}" : "")}");
            if (status.State == "finished")
                return true;
            if (_clock.Elapsed - began > options.Limit)
                throw new InvalidOperationException(
                    $"the job is {status.State} with {status.Ended} items after {options.Limit.TotalMinutes} minutes; see "
                        + $"{options.Folder}");
        }
        return false;
    }

    private async Task RestartRedisAsync(ChaosGrid grid, CancellationToken cancellationToken)
    {
        Say("killing Redis");
        _redisKills++;
        await grid.Redis.KillAsync(cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        await grid.Redis.StartAgainAsync(cancellationToken);
    }

    private void FillDisk(SmallDisk disk)
    {
        bool filled = disk.Fill();
        _fullDisks += filled ? 1 : 0;
        Say(filled ? "the sink's disk is full" : "the sink's disk cannot be filled here: nothing may be mounted");
    }

    private async Task<Dictionary<string, float[]>> ExpectedAsync(ChaosImages images, CancellationToken cancellationToken)
    {
        string file = Path.Combine(options.Folder, "expected.jsonl");
        using ChildProcess embed = ChildProcess.Start(
            "dotnet", [options.Server, "embed", images.Folder, "--model", ChaosGrid.Model, "--out", file]);
        if (await embed.WaitForExitAsync(cancellationToken) != 0)
            throw new InvalidOperationException($"embed failed: {embed.LastLines()}");
        return File.ReadLines(file).Select(line => ChaosVerdict.Read(line, "file")).ToDictionary(
            line => images.Ids[Path.GetFileNameWithoutExtension(line.Name)], line => line.Vector);
    }

    private void Say(string line) =>
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} s  {line}"));
}
