using StackExchange.Redis;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>
/// Who decides in a grid of real processes: after the planner's worker was away, and after the membership's Redis was emptied.
/// </summary>
public sealed class AuthorityTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");
    private static readonly string[] Worker = ["--role", "worker", "--model", "internvit-nano", "--replicas", "1", "--devices", "cpu:0"];

    /// <summary>A worker that hears nothing for some seconds is given up.</summary>
    private static readonly string[] Impatient =
    [
        "--VitGrid:Cluster:PeerSilenceMilliseconds=4000",
        "--VitGrid:Cluster:ProbeMilliseconds=2000",
        "--VitGrid:Cluster:MaxProbeMilliseconds=3000",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [RedisFact]
    public async Task A_planner_that_comes_back_after_it_was_replaced_takes_no_request_away_from_its_successor()
    {
        string redis = await RedisAsync();
        StartedProcess first = Start([.. Worker, "--redis", redis, .. Impatient]);
        await first.HearAsync("The planner begins on silo");
        await first.HearAsync("1 replicas serve");
        StartedProcess second = Start([.. Worker, "--redis", redis, .. Impatient]);
        await first.HearAsync(": 2 workers, 1 replicas serve");
        string url = await Start(["--role", "api", "--redis", redis, .. Impatient]).ReadyAsync();
        await using SteadyLoad load = new(url, Image, await EmbedAsync());
        await load.AnswerAsync(2);

        first.Freeze();
        await second.HearAsync("The planner begins on silo");
        await second.HearAsync("1 replicas serve");
        await load.AnswerAsync(2);
        first.Thaw();
        Assert.NotEqual(0, await first.ExitAsync());
        await load.AnswerAsync(5);
        await StartedProcess.ReadyAsync(url);
    }

    [RedisFact]
    public async Task A_worker_whose_membership_was_emptied_ends_and_started_anew_serves_the_front_end_that_knew_the_old_grid()
    {
        string redis = await RedisAsync();
        StartedProcess worker = Start([.. Worker, "--redis", redis]);
        string url = await Start(["--role", "api", "--redis", redis]).ReadyAsync();
        await using (ConnectionMultiplexer outsider = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true"))
            await outsider.GetServer(redis).FlushAllDatabasesAsync();

        await worker.HearAsync("The membership of grid 'vitgrid'");
        Assert.Equal(75, await worker.ExitAsync());
        Start([.. Worker, "--redis", redis]);
        await StartedProcess.ReadyAsync(url);
        await using SteadyLoad load = new(url, Image, await EmbedAsync());
        await load.AnswerAsync(2);
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

    private static async Task<float[]> EmbedAsync()
    {
        VerbRun run = await VerbRun.RunAsync("embed", Image);
        Assert.True(run.ExitCode == 0, run.Error);
        return SteadyLoad.Vector(System.Text.Json.JsonDocument.Parse(run.Out).RootElement);
    }

    private async Task<string> RedisAsync()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        return address;
    }

    private StartedProcess Start(string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(["serve", "--urls", "http://127.0.0.1:0", .. arguments]);
        _processes.Add(process);
        return process;
    }
}
