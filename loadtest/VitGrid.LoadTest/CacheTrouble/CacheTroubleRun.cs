using System.Globalization;
using VitGrid.Client;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.CacheTrouble;

/// <summary>
/// One trouble after the other, each with a server and a Redis of its own, under the same load as a server without any cache.
/// </summary>
internal sealed class CacheTroubleRun(CacheTroubleOptions options, TextWriter log)
{
    private static readonly (string Name, bool HasRedis)[] Scenes =
        [("no cache", false), ("well", true), ("slow by 30 ms", true), ("slow by 1 s", true), ("stopped", true), ("killed", true),
            ("full", true), ("no cache, again", false)];

    /// <summary>Runs every scene.</summary>
    /// <returns>A table, and whether every request was answered with its vector.</returns>
    public async Task<(IReadOnlyList<string> Lines, bool Passed)> RunAsync(CancellationToken cancellationToken)
    {
        Truth truth = await Truth.LearnAsync(new(options.Server, options.Images, [], null, Pace.Short, options.Logs), cancellationToken);
        List<string> lines = ["| Redis | requests | failed | wrong | p50 ms | p99 ms | worst ms |", "|---|---|---|---|---|---|---|"];
        bool passed = true;
        foreach ((string name, bool hasRedis) in Scenes)
        {
            await log.WriteLineAsync($"{name}: {options.Scene.TotalSeconds} s at {options.Rate} requests a second");
            IReadOnlyCollection<Attempt> attempts = hasRedis
                ? await WithRedisAsync(name, truth, cancellationToken) : await LoadAsync(truth, [], () => { }, cancellationToken);
            passed &= attempts.All(attempt => attempt.Outcome == Outcome.Answered);
            lines.Add(Row(name, attempts));
        }
        return (lines, passed);
    }

    private async Task<IReadOnlyCollection<Attempt>> WithRedisAsync(string trouble, Truth truth, CancellationToken cancellationToken)
    {
        using RedisProcess redis = await RedisProcess.StartAsync(
            Ports.Take(1)[0], Path.Combine(options.Logs, trouble.Replace(' ', '-')), cancellationToken);
        using SlowProxy proxy = new(redis.Address);
        return await LoadAsync(truth, [$"--VitGrid:Cache:Redis={proxy.Address}"], () => Begin(trouble, redis, proxy), cancellationToken);
    }

    private static void Begin(string trouble, RedisProcess redis, SlowProxy proxy)
    {
        switch (trouble)
        {
            case "slow by 30 ms":
                proxy.Delay = TimeSpan.FromMilliseconds(30);
                break;
            case "slow by 1 s":
                proxy.Delay = TimeSpan.FromSeconds(1);
                break;
            case "stopped":
                redis.Signal("STOP");
                break;
            case "killed":
                redis.Signal("KILL");
                break;
            case "full":
                redis.Tell("CONFIG SET maxmemory 1");
                break;
        }
    }

    /// <summary>A server that keeps nothing in its own memory, so that each request asks Redis.</summary>
    private async Task<IReadOnlyCollection<Attempt>> LoadAsync(
        Truth truth, string[] settings, Action begin, CancellationToken cancellationToken)
    {
        using ServerProcess server = await ServerProcess.StartReadyAsync(
            options.Server, ["--model", "internvit-nano", "--devices", "cpu:0", "--VitGrid:Cache:MemoryBytes=0", .. settings],
            cancellationToken);
        using HttpClient http = new() { BaseAddress = server.Address };
        VitGridClient client = new(http);
        for (int i = 0; i < 50; i++)
            await OpenLoop.AskAsync(client, truth, i);
        using OpenLoop load = new(client, truth, options.Rate, "use");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = load.RunAsync(stop.Token);
        await Task.Delay(options.Scene / 4, cancellationToken);
        begin();
        await Task.Delay(options.Scene * 3 / 4, cancellationToken);
        await stop.CancelAsync();
        await running;
        return load.Attempts;
    }

    private static string Row(string name, IReadOnlyCollection<Attempt> attempts)
    {
        Latencies waited = Latencies.From(attempts);
        int Count(Outcome outcome) => attempts.Count(attempt => attempt.Outcome == outcome);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {attempts.Count} | {Count(Outcome.Failed)} | {Count(Outcome.Wrong)} | {waited.Median.TotalMilliseconds:0.0} | "
                + $"{waited.P99.TotalMilliseconds:0.0} | {waited.Worst.TotalMilliseconds:0.0} |");
    }
}
