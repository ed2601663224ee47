using System.Text.Json;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>A real grid: Redis, a front end and three workers, each a process; one model in three segments.</summary>
public sealed class ClusterTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");

    /// <summary>
    /// A worker that a busy machine starves for some seconds is not dead; one that was killed is noticed by its broken links all the same.
    /// </summary>
    internal static readonly string[] Patient =
    [
        "--VitGrid:Cluster:PeerSilenceMilliseconds=20000", "--VitGrid:Cluster:ProbeMilliseconds=10000",
        "--VitGrid:Cluster:MaxProbeMilliseconds=20000", "--VitGrid:DataPlane:ConnectMilliseconds=20000",
        "--VitGrid:DataPlane:GreetingMilliseconds=20000",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [RedisFact]
    public async Task Three_workers_answer_as_one_process_does_also_while_one_is_drained_and_another_is_killed()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        StartedProcess[] workers = [
            .. Enumerable.Range(0, 3).Select(
                _ => Start("--role", "worker", "--redis", address, "--model", "internvit-nano", "--segments", "3", "--replicas", "1",
                    "--devices", "cpu:0"))];
        string url = await Start("--role", "api", "--redis", address).ListeningAsync();
        await using GridAdministration grid = await GridAdministration.ConnectAsync(
            new() { Redis = address }, StartedProcess.Timeout, logging => logging.ClearProviders(), CancellationToken.None);
        GridStatus status = await StatusAsync(grid, served => Nodes(served).Distinct().Count() == 3);
        await AssertSameAsOneProcessAsync(url);
        VerbRun shown = await VerbRun.RunAsync("cluster", "status", "--redis", address);
        Assert.Equal(0, shown.ExitCode);
        Assert.All(Nodes(status), node => Assert.Contains(node, shown.Out, StringComparison.Ordinal));
        await AssertExaminedAsync(address, url);

        await using SteadyLoad load = new(url, Image, await EmbedAsync());
        await load.AnswerAsync(3);
        string drained = Nodes(status)[1];
        VerbRun drain = await VerbRun.RunAsync("cluster", "drain", drained, "--redis", address);
        Assert.Equal((0, $"{drained} is draining\n{drained} has left\n"), (drain.ExitCode, drain.Error));
        Assert.Equal(0, await ProcessOf(workers, status, drained).ExitAsync());
        status = await StatusAsync(grid, served => !Nodes(served).Contains(drained));
        await load.AnswerAsync(3);

        string killed = Nodes(status)[^1];
        ProcessOf(workers, status, killed).Kill();
        await StatusAsync(grid, served => !Nodes(served).Contains(killed));
        await load.AnswerAsync(3);
    }

    /// <summary>Redis, each worker with its clock and disk, the front end with its clock, and one image through the replica.</summary>
    private static async Task AssertExaminedAsync(string address, string frontEnd)
    {
        VerbRun examined = await VerbRun.RunAsync("doctor", "--cluster", "--redis", address, "--front-end", frontEnd);
        Assert.True(examined.ExitCode == 0, examined.Out + examined.Error);
        string[] subjects = [.. examined.Lines.Select(
            line => JsonDocument.Parse(line).RootElement.GetProperty("subject").GetString()!.Split(' ')[0])];
        Assert.Equal((1, 3, 4, 3, 1), (Count("redis"), Count("worker"), Count("clock"), Count("disk"), Count("replica")));
        Assert.Equal(1, Count("front"));

        int Count(string subject) => subjects.Count(found => found == subject);
    }

    [RedisFact]
    public async Task A_front_end_that_waits_for_a_worker_says_so_and_ends_in_order_when_it_is_told_to()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        StartedProcess door = Start("--role", "api", "--redis", address);
        await door.HearAsync($"Waiting for a worker of grid 'vitgrid' in Redis {address}");
        door.Terminate();
        Assert.Equal(0, await door.ExitAsync());
        Assert.DoesNotContain("   at ", door.Said, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_grid_without_workers_and_a_Redis_that_is_not_there_are_told_apart_from_wrong_usage()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        string nobody = "127.0.0.1:1";
        VerbRun[] runs = await Task.WhenAll(
            VerbRun.RunAsync("cluster", "status", "--redis", address), VerbRun.RunAsync("cluster", "status", "--redis", nobody));
        Assert.All(runs, run => Assert.Equal(1, run.ExitCode));
        Assert.Contains($"no worker of grid 'vitgrid' answers within 15 s (Redis {address}); start one with", runs[0].Error,
            StringComparison.Ordinal);
        Assert.Contains($"Redis at {nobody} does not answer", runs[1].Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (StartedProcess process in _processes)
        {
            process.Dispose();
            output.WriteLine($"-- process {process.Id}:{process.Said}");
        }
        _folder.Dispose();
    }

    internal static string[] Nodes(ReplicaStatus replica) => [.. replica.Stages.Select(stage => stage.Node)];

    internal static string[] Nodes(GridStatus status) =>
        Nodes(status.Models.Single().Replicas.Single(replica => replica.State == "serving"));

    private static StartedProcess ProcessOf(StartedProcess[] workers, GridStatus status, string node) =>
        workers.Single(worker => worker.Id == status.Nodes.Single(row => row.Node == node).ProcessId);

    /// <summary>The grid's state once one replica serves and is as <paramref name="wanted"/>.</summary>
    internal static async Task<GridStatus> StatusAsync(GridAdministration grid, Func<ReplicaStatus, bool> wanted)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            GridStatus status = await grid.StatusAsync();
            ReplicaStatus[] serving = [.. status.Models.SelectMany(model => model.Replicas).Where(replica => replica.State == "serving")];
            if (serving is [{ } replica] && wanted(replica))
                return status;
            Assert.False(limit.IsCancellationRequested,
                $"the grid never came to serve as it should; last: {JsonSerializer.Serialize(status)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        }
    }

    private static async Task AssertSameAsOneProcessAsync(string url)
    {
        using HttpClient client = new();
        byte[] image = await File.ReadAllBytesAsync(Image);
        foreach ((string pooling, int layer) in new[] { ("cls", -1), ("mean", 4), ("cls%2Bmean", 0), ("cls", 2) })
        {
            float[] served = await SteadyLoad.EmbedAsync(client, new($"{url}/v1/embeddings?pooling={pooling}&layer={layer}"), image);
            Assert.Equal(await EmbedAsync("--pooling", Uri.UnescapeDataString(pooling), "--layer", $"{layer}"), served);
        }
    }

    private static async Task<float[]> EmbedAsync(params string[] options)
    {
        VerbRun run = await VerbRun.RunAsync(["embed", Image, .. options]);
        Assert.True(run.ExitCode == 0, run.Error);
        return SteadyLoad.Vector(JsonDocument.Parse(run.Out).RootElement);
    }

    private StartedProcess Start(params string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(["serve", "--urls", "http://127.0.0.1:0", .. arguments, .. Patient]);
        _processes.Add(process);
        return process;
    }
}
