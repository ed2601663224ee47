using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Trials;

namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// One server: images per second that clients reach online and that the queue reaches with the same images, taking turns; then what a lone
/// client waits, first beside nobody, then beside the queue.
/// </summary>
internal sealed class IndexRate(IndexRateOptions options, TextWriter log)
{
    private const int Side = 32;
    private const string Beside = "beside";
    private const double SlowerAtMost = 3, PartOfOnline = 0.95;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private string Images => Path.Combine(options.Folder, "images");

    public async Task<(IReadOnlyList<string> Lines, IReadOnlyList<Check> Checks)> RunAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Folder))
            Directory.Delete(options.Folder, recursive: true);
        string[] files = Draw();
        using RedisProcess redis = await RedisProcess.StartAsync(
            Ports.Take(1)[0], Path.Combine(options.Folder, "redis"), cancellationToken);
        using ServerProcess serving = await ServerProcess.StartReadyAsync(options.Server, Serve(redis), cancellationToken);
        using HttpClient http = new() { BaseAddress = serving.Address };
        OnlineClients clients = new(http, files);
        WatchedQueue queue = new(redis);
        RateTable table = new(() => clients.ReadAsync(cancellationToken));

        await clients.RateAsync(options.Clients, Math.Max(1, options.Images / 10), cancellationToken);
        Check rate = await RatesAsync(clients, queue, table, cancellationToken);
        Check wait = await WaitsAsync(clients, queue, table, cancellationToken);
        return (table.Lines, [rate, wait]);
    }

    private async Task<Check> RatesAsync(OnlineClients clients, WatchedQueue queue, RateTable table, CancellationToken cancellationToken)
    {
        double online = 0, queued = 0;
        for (int round = 1; round <= options.Rounds; round++)
        {
            log.WriteLine($"round {round} of {options.Rounds}");
            string job = string.Create(CultureInfo.InvariantCulture, $"round-{round}");
            online += await table.AddAsync(
                $"online, {options.Clients} clients", () => clients.RateAsync(
                    options.Clients, options.Images, cancellationToken), Text) / options.Rounds;
            queued += (await table.AddAsync(
                "through the queue", () => IndexAsync(queue, job, cancellationToken), Text)).PerSecond / options.Rounds;
        }
        return Check.AtLeast($"part of the online rate that the queue reaches ({Text(online)}/s online, {Text(queued)}/s through the "
            + $"queue)", queued / online, PartOfOnline, "");
    }

    /// <summary>The client sends while the device is saturated: from when the first part is durable until the last item is read.</summary>
    private async Task<Check> WaitsAsync(OnlineClients clients, WatchedQueue queue, RateTable table, CancellationToken cancellationToken)
    {
        log.WriteLine("a lone client");
        Stopwatch watch = Stopwatch.StartNew();
        Percentiles idle = await clients.LoneAsync(() => watch.Elapsed > Idle, cancellationToken);
        Task<QueuedJob> job = IndexAsync(queue, Beside, cancellationToken);
        await WatchedQueue.UntilAsync(() => queue.Look(Beside).Done > 0, job, cancellationToken);
        ServerReading before = await clients.ReadAsync(cancellationToken);
        Percentiles beside = await clients.LoneAsync(() => job.IsCompleted || queue.IsRead(), cancellationToken);
        ServerReading after = await clients.ReadAsync(cancellationToken);
        table.Add("through the queue, beside a lone client", Text(await job), before, after);
        double batch = after.StagesSince(before).GetValueOrDefault("infer");
        return Check.AtMost(
            $"p99 of a lone client while indexing (p50 {Text(beside.P50)} ms; idle p50 {Text(idle.P50)}, p99 {Text(idle.P99)} ms; "
                + $"{Text(batch)} ms a batch)",
            beside.P99, (SlowerAtMost * idle.P99) + batch, "ms");
    }

    private Task<QueuedJob> IndexAsync(WatchedQueue queue, string job, CancellationToken cancellationToken) =>
        QueuedJob.RunAsync(options.Server, queue, Images, job, cancellationToken);

    private string[] Draw()
    {
        Directory.CreateDirectory(Images);
        string[] files = [.. Enumerable.Range(0, options.Images).Select(
            i => Path.Combine(Images, string.Create(CultureInfo.InvariantCulture, $"{i:000000}.bmp")))];
        foreach ((int seed, string file) in files.Index())
            File.WriteAllBytes(file, NoiseImage.Bmp(seed, Side));
        return files;
    }

    private string[] Serve(RedisProcess redis) =>
    [
        "--model", ChaosGrid.Model, "--queue-redis", redis.Address, "--VitGrid:Cache:MemoryBytes=0",
        $"--VitGrid:Indexing:Roots={options.Folder}", $"--VitGrid:Indexing:SinkRoots={options.Folder}", .. options.Serve,
    ];

    private static string Text(double figure) => figure.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Text(QueuedJob job) => $"{Text(job.PerSecond)} ({Text(job.WholePerSecond)} with start and end)";
}
