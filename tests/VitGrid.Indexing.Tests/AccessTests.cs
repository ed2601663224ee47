using VitGrid.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>Whom Redis lets in, and with which rights the queue works.</summary>
public sealed class AccessTests
{
    [RedisFact]
    public async Task A_wrong_password_says_so_and_so_does_a_missing_one()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.DoAsync("CONFIG", "SET", "requirepass", "right");
        string wrong = await RefusedAsync($"{rig.Redis.Address},password=wrong");
        Assert.Contains("password", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", wrong, StringComparison.Ordinal);
        Assert.Contains("password", await RefusedAsync(rig.Redis.Address), StringComparison.Ordinal);
        await (await IndexJobService.OpenAsync($"redis://:right@{rig.Redis.Address}", NullLogger.Instance)).DisposeAsync();
    }

    [RedisFact]
    public async Task A_user_with_exactly_the_listed_rights_does_everything_and_without_INFO_is_warned()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.DoAsync("ACL", ["SETUSER", "queue", "on", ">pw", .. DocumentedRights.Of("~vitgrid:*")]);
        string address = $"redis://queue:pw@{rig.Redis.Address}";
        await using IndexJobService service = await IndexJobService.OpenAsync(address, NullLogger.Instance);
        Assert.Contains("+info", service.Warning, StringComparison.Ordinal);

        rig.Address = address;
        string source = IndexRig.Source([("good", 1), ("broken", 255)]);
        await service.SubmitAsync(
            await service.OpenJobAsync("a", new(IndexRig.Model, "jsonl:/nowhere/a.jsonl"), [source]), [source], 100, new(
            _ => { }, _ => { }), default);
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        Assert.Equal(1, await service.RetryAsync("a", CancellationToken.None));
        Assert.Equal(1, (await rig.UntilOverAsync("a")).Dead);
        Assert.Equal("finished", (await service.StatusAsync(null, CancellationToken.None)).Jobs.Single().State);
        Assert.Equal("broken", (await rig.DeadAsync("a")).Single().Id);
        Assert.False(await service.CancelAsync("a"));
        Assert.True(await service.RemoveAsync("a", CancellationToken.None));
    }

    [RedisFact]
    public async Task With_one_right_less_that_right_is_named()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.DoAsync("ACL", ["SETUSER", "queue", "on", ">pw", .. DocumentedRights.Of("~vitgrid:*"), "-xadd"]);
        await using IndexJobService service = await IndexJobService.OpenAsync($"redis://queue:pw@{rig.Redis.Address}", NullLogger.Instance);
        string source = IndexRig.Source([("one", 1)]);
        IndexException refused = await Assert.ThrowsAsync<IndexException>(async () => await service.SubmitAsync(
            await service.OpenJobAsync("a", new(IndexRig.Model, "jsonl:/nowhere/a.jsonl"), [source]), [source], 100, new(
                _ => { }, _ => { }), default));
        Assert.Contains("'xadd'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("docs/operations.md", refused.Message, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_user_without_a_right_is_told_that_rights_are_missing()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.DoAsync("ACL", "SETUSER", "queue", "on", ">pw", "~vitgrid:*", "-@all", "+@connection", "-ping");
        Assert.Contains("docs/operations.md", await RefusedAsync($"redis://queue:pw@{rig.Redis.Address}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_Redis_Cluster_is_named_as_not_supported() =>
        Assert.Contains("Redis Cluster", QueueHealth.From(
            RedisInfo.Parse("redis_mode:cluster")).Refusal, StringComparison.Ordinal);

    [RedisFact]
    public async Task The_status_is_read_from_a_replica_that_takes_no_writes()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 3);
        string folder = Directory.CreateTempSubdirectory("vitgrid-replica-").FullName;
        using RedisServer replica = await RedisServer.StartAsync(
            "--replicaof", "127.0.0.1", rig.Redis.Address.Split(':')[1], "--dir", folder);
        await using QueueConnection connection = await QueueConnection.OpenNowAsync(replica.Address);
        await IndexRig.UntilAsync(() => connection.Database.KeyExistsAsync(IndexKeys.Stream), "the replica follows");
        await using IndexJobService service = await IndexJobService.OpenAsync(replica.Address, NullLogger.Instance);
        Assert.Equal((3, 0), (await service.StatusAsync("a", CancellationToken.None)) is var status
            ? (status.Jobs.Single().Total, status.Workers.Count) : default);
    }

    [RedisFact]
    public async Task A_key_prefix_keeps_two_queues_of_one_Redis_apart()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await using IndexJobService other = await IndexJobService.OpenAsync(rig.Redis.Address, NullLogger.Instance, "b:");
        await other.OpenJobAsync("a", new("m", "jsonl:/nowhere/b.jsonl"), []);
        Assert.Equal("there is no job 'a'", (await Assert.ThrowsAsync<IndexException>(() => rig.Service.FindAsync("a"))).Message.Split(
            ';')[0]);
        Assert.True(await rig.Database.KeyExistsAsync("b:vitgrid:index:job:a"));
        rig.Options = rig.Options with { KeyPrefix = "b:" };
        await rig.WorkAsync();
        await IndexRig.UntilAsync(() => rig.Database.KeyExistsAsync("b:vitgrid:index:owner"), "the worker has its own queue");
    }

    [RedisFact]
    public async Task A_second_grid_is_refused_by_the_name_of_the_first_and_touches_none_of_its_items()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Grid = "north";
        await rig.WorkAsync();
        await IndexRig.UntilAsync(
            async () => await rig.Database.StringGetAsync(IndexKeys.Owner) == "north", "the first grid owns the queue");
        rig.Grid = "south";
        await rig.WorkAsync();
        await IndexRig.UntilAsync(
            () => Task.FromResult(rig.Log.Lines.Any(line => line.Contains("'south' indexes nothing", StringComparison.Ordinal))),
            "the second is refused");
        Assert.Contains(rig.Log.Lines, line => line.Contains("belongs to grid 'north'", StringComparison.Ordinal));
        await rig.SubmitAsync("a", 20);
        await rig.UntilOverAsync("a");
        Assert.Single((await rig.Service.StatusAsync("a", CancellationToken.None)).Workers);
        Assert.Equal("north", await rig.Database.StringGetAsync(IndexKeys.Owner));
    }

    [RedisFact]
    public async Task A_grid_whose_queue_was_taken_over_leaves_it_and_goes_on_when_it_is_free_again()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Grid = "north";
        await rig.WorkAsync();
        await IndexRig.UntilAsync(
            async () => await rig.Database.StringGetAsync(IndexKeys.Owner) == "north", "the grid owns the queue");
        await rig.Database.StringSetAsync(IndexKeys.Owner, "south");
        await IndexRig.UntilAsync(
            () => Task.FromResult(rig.Log.Lines.Any(line => line.Contains("belongs to grid 'south'", StringComparison.Ordinal))),
            "the grid leaves the queue");
        IndexException refusal = await Assert.ThrowsAsync<IndexException>(() => rig.Service.ClaimAsync("north"));
        Assert.Contains("belongs to grid 'south'", refusal.Message, StringComparison.Ordinal);
        await rig.SubmitAsync("a", 5);
        await rig.Database.KeyDeleteAsync(IndexKeys.Owner);
        Assert.Equal(5, (await rig.UntilOverAsync("a")).Done);
    }

    [RedisFact]
    public async Task A_grid_of_one_process_frees_the_queue_when_it_stops()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.IsAlone = true;
        IndexWorker worker = await rig.WorkAsync();
        await IndexRig.UntilAsync(() => rig.Database.KeyExistsAsync(IndexKeys.Owner), "the grid owns the queue");
        await IndexRig.StopAsync(worker);
        Assert.False(await rig.Database.KeyExistsAsync(IndexKeys.Owner));
    }

    [RedisFact]
    public async Task The_queue_of_a_process_that_was_killed_is_free_at_once_and_that_of_a_running_one_is_not()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        using System.Diagnostics.Process ended = System.Diagnostics.Process.Start("true");
        await ended.WaitForExitAsync();
        await rig.Database.StringSetAsync(IndexKeys.Owner, QueueOwner.NameFrom("south", ended.Id));
        await rig.Service.ClaimAsync("north");
        Assert.Equal("north", await rig.Database.StringGetAsync(IndexKeys.Owner));
        await rig.Database.StringSetAsync(IndexKeys.Owner, QueueOwner.NameFrom("south", Environment.ProcessId));
        await Assert.ThrowsAsync<IndexException>(() => rig.Service.ClaimAsync("north"));
    }

    [Fact]
    public void Two_grids_of_one_process_have_two_names_and_one_of_many_has_its_id()
    {
        Assert.Equal("north", QueueOwner.NameFrom(new() { Id = "north", Redis = "127.0.0.1:6379" }));
        Assert.Contains($"process {Environment.ProcessId}", QueueOwner.NameFrom(new() { Id = "north" }), StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(string address) =>
        (await Assert.ThrowsAsync<IndexException>(() => IndexJobService.OpenAsync(address, NullLogger.Instance))).Message;
}
