using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Membership;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using VitGrid.Transport;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>
/// The review's attacks on the data plane (issue 15, point 3) against a real front end and a real worker, while requests go on: nothing
/// dies, no vector is wrong, readiness stays true. The attacker has what a front end has: the grid's Redis, and so everybody's incarnation.
/// </summary>
public sealed class DataPlaneAttackTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");
    private static readonly Serializer Serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];
    private readonly FrameSerializer _frames = new(Serializer);

    [RedisFact]
    public async Task Forged_tables_answers_and_stage_frames_nested_fields_and_silent_callers_change_nothing()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        StartedProcess worker = Start(
            "--role", "worker", "--model", "internvit-nano", "--replicas", "1", "--devices", "cpu:0", "--redis", address);
        StartedProcess door = Start("--role", "api", "--redis", address, "--VitGrid:Cache:MemoryBytes=0");
        string url = await door.ReadyAsync();
        float[] expected = await EmbedAsync();
        await using SteadyLoad load = new(url, Image, expected);
        await load.AnswerAsync(2);

        GridTable table = await TableAsync(address);
        NodeAddress target = Assert.Single(table.Nodes).Address;
        ReplicaLayout layout = Assert.Single(Assert.Single(table.Models).Replicas).Layout;
        Socket[] silent = [.. Enumerable.Range(0, 200).Select(_ => Silent(target))];
        foreach ((ushort kind, byte[] head, byte[] body) in Attacks(table, layout))
            await AttackAsync(target, kind, head, body);
        await load.AnswerAsync(2);
        await StartedProcess.ReadyAsync(url);

        // Another front end, which must link to the worker while nobody else says a word.
        string late = await Start("--role", "api", "--redis", address).ReadyAsync();
        await using SteadyLoad other = new(late, Image, expected);
        await other.AnswerAsync(1);
        Array.ForEach(silent, socket => socket.Dispose());
        Assert.Equal(table.Version >> 32, (await TableAsync(address)).Version >> 32);
        Assert.DoesNotContain("Stack overflow", worker.Said + door.Said, StringComparison.Ordinal);
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

    /// <summary>What a front end may not send, and what nobody may.</summary>
    private IEnumerable<(ushort Kind, byte[] Head, byte[] Body)> Attacks(GridTable table, ReplicaLayout layout)
    {
        NodeAddress stranger = new("stranger", 1, new("127.0.0.1", 1, null, ""));
        ReplicaLayout elsewhere = layout with { Stages = [.. layout.Stages.Select(stage => stage with { Node = stranger })] };
        ModelRow moved = table.Models[0] with { Replicas = [table.Models[0].Replicas[0] with { Layout = elsewhere }] };
        byte[] nested = new byte[1_000_000];
        Array.Fill(nested, (byte)0x20);
        yield return (FrameKinds.Table, _frames.Write(new GridTable(long.MaxValue - 1, default, default)), []);
        yield return (FrameKinds.Table, _frames.Write(table with { Version = table.Version + 10, Models = [moved] }), []);
        yield return (FrameKinds.Table, [], nested);
        yield return (FrameKinds.Table, [], new byte[(1 << 20) + 1]);
        yield return (FrameKinds.Image, nested[..60_000], nested);
        yield return (FrameKinds.Cancel, nested[..60_000], []);
        yield return (FrameKinds.Batch, nested[..60_000], nested);
        yield return (FrameKinds.Pooled, _frames.Write(new PooledHeader(layout.Key, 1, [0])), new byte[8]);
        yield return (FrameKinds.BatchFailed, _frames.Write(new BatchFailedHeader(layout.Key, 1, null, "no")), []);
        yield return (FrameKinds.Credit, _frames.Write(new StageKey(layout.Key, 0)), []);
        for (long id = 1; id <= 60; id++)
            yield return (FrameKinds.Answer, _frames.Write(new AnswerHeader(id, default, default)), new byte[512]);
        ImageHeader cut = new(layout.Key, new(1, 1, default, 1, TimeSpan.FromSeconds(5), null));
        yield return (FrameKinds.Image, _frames.Write(cut), [1]);
    }

    private static async Task AttackAsync(NodeAddress target, ushort kind, byte[] head, byte[] body)
    {
        await using Peers attacker = new(new("front-end-attacker", isWorker: false), NullLogger<Peers>.Instance);
        attacker.Listen(new() { Listens = false }, "vitgrid", 0, (_, _) => ValueTask.CompletedTask, NullLoggerFactory.Instance);
        Link link = await LinkAsync(attacker, target with { Endpoint = target.Endpoint! with { UnixSocket = null } });
        await attacker.TrySendAsync(link, kind, head, body);
    }

    /// <summary>As front ends do: an attempt that came to nothing is followed by another.</summary>
    private static async Task<Link> LinkAsync(Peers from, NodeAddress target)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            try
            {
                return await from.LinkAsync(target, limit.Token);
            }
            catch (ReplicaLostException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
            }
        }
    }

    /// <summary>The table as any front end is told it.</summary>
    private static async Task<GridTable> TableAsync(string redis)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        GridOptions grid = new() { Models = [], Devices = [], Cluster = new() { Redis = redis } };
        builder.Services.AddSingleton(grid);
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client.UseVitGridClient(grid));
        using IHost host = builder.Build();
        await host.StartAsync();
        IPlannerGrain planner = host.Services.GetRequiredService<IClusterClient>().GetGrain<IPlannerGrain>(0);
        GridTable table = await planner.WatchAsync(0, TimeSpan.FromSeconds(2), CancellationToken.None);
        await host.StopAsync();
        return table;
    }

    private static async Task<float[]> EmbedAsync()
    {
        VerbRun run = await VerbRun.RunAsync("embed", Image);
        Assert.True(run.ExitCode == 0, run.Error);
        return SteadyLoad.Vector(JsonDocument.Parse(run.Out).RootElement);
    }

    private static Socket Silent(NodeAddress target)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Parse(target.Endpoint!.Host), target.Endpoint.Port);
        return socket;
    }

    private StartedProcess Start(params string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(["serve", "--urls", "http://127.0.0.1:0", .. arguments, .. ClusterTests.Patient]);
        _processes.Add(process);
        return process;
    }
}
