using StackExchange.Redis;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>Jobs that are over, out of Redis.</summary>
public sealed class RemovalTests
{
    [RedisFact]
    public async Task A_removed_job_leaves_no_key_behind_and_its_vectors_where_they_are()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", IndexRig.Source([("good", 1), ("broken", 255)]));
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");

        // It was over a moment ago: this waits until no worker knows it.
        Assert.True(await RemoveAsync(rig, "a"));
        Assert.Equal(["vitgrid:index", IndexKeys.Owner, IndexKeys.Settled], await KeysAsync(rig));
        Assert.Equal(["good"], rig.Store.Ids);
        Assert.Contains("there is no job 'a'", (await Assert.ThrowsAsync<IndexException>(() => rig.Service.FindAsync("a"))).Message,
            StringComparison.Ordinal);
        Assert.False(await RemoveAsync(rig, "a"));
    }

    [RedisFact]
    public async Task The_lag_is_right_before_and_after_with_another_job_under_way()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 20);
        IndexWorker worker = await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        await IndexRig.StopAsync(worker);
        await rig.SubmitAsync("b", 7);
        await EndedAsync(rig, "a", TimeSpan.FromHours(1));

        Assert.True(await RemoveAsync(rig, "a"));
        IndexStatus status = await rig.Service.StatusAsync(null, CancellationToken.None);
        Assert.Equal((7L, 0L, "b"), (status.Lag, status.Pending, status.Jobs.Single().Job));
        await rig.WorkAsync();
        await rig.UntilOverAsync("b");
        await rig.UntilAsync("b", _ => rig.Database.StreamLength(IndexKeys.Stream) <= 1);
        status = await rig.Service.StatusAsync("b", CancellationToken.None);
        Assert.Equal((7L, 0L, 0L), (status.Jobs.Single().Done, status.Lag, status.Pending));
    }

    [RedisFact]
    public async Task What_is_not_over_is_refused_with_the_remedy_until_it_was_cancelled()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Service.OpenJobAsync("a", new(IndexRig.Model, "jsonl:/nowhere/out.jsonl"), []);
        await RefusedAsync(rig, "a", "job 'a' is submitting");
        await rig.SubmitAsync("b", 5);
        await RefusedAsync(rig, "b", "job 'b' is running");
        await RefusedAsync(rig, "a b", "'a b' is no job id");

        await rig.Service.CancelAsync("b");
        await RefusedAsync(rig, "b", "'vitgrid index cancel b' and wait");
        await rig.WorkAsync();
        Assert.Equal(5, (await rig.UntilOverAsync("b")).Cancelled);
        await EndedAsync(rig, "b", TimeSpan.FromHours(1));
        Assert.True(await RemoveAsync(rig, "b"));
    }

    [RedisFact]
    public async Task A_part_that_is_being_written_keeps_its_job()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 1);
        IndexQueue queue = new(rig.Connection, "w");
        Assert.Empty(await queue.IntendAsync("a", "part", [(await queue.ReadAsync(1)).Single().Entry]));
        await rig.Database.HashSetAsync(IndexKeys.Job("a"), [new("state", "finished"), new("finished", 1)]);

        Task<bool> removing = RemoveAsync(rig, "a");
        Assert.Equal("finished", (await rig.Service.FindAsync("a")).State);
        Assert.Equal(1, await queue.SettleAsync("a", "part"));
        Assert.True(await removing);
        Assert.False(await rig.Database.KeyExistsAsync(IndexKeys.Job("a")));
    }

    [RedisFact]
    public async Task Those_that_ended_long_ago_are_removed_together_and_the_others_stay()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        foreach (string job in (string[])["old", "new", "none"])
            await rig.SubmitAsync(job, 2);
        await rig.WorkAsync();
        foreach (string job in (string[])["old", "new", "none"])
            await rig.UntilOverAsync(job);
        await rig.SubmitAsync("late", IndexRig.Source([]), "unserved");
        await rig.Database.HashSetAsync(IndexKeys.Job("late"), "state", "submitting");
        await EndedAsync(rig, "old", TimeSpan.FromDays(8));
        await EndedAsync(rig, "new", TimeSpan.FromDays(6));
        await rig.Database.KeyDeleteAsync(IndexKeys.Job("none"));

        Assert.Equal(1, await rig.Service.RemoveOlderAsync(TimeSpan.FromDays(7), CancellationToken.None));
        Assert.Equal(["late", "new"], (await rig.Database.SetMembersAsync(IndexKeys.Active)).Select(id => (string)id!).Append("new").Order(
            StringComparer.Ordinal));
        Assert.Equal(1, await rig.Service.RemoveOlderAsync(TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal("submitting", (await rig.Service.FindAsync("late")).State);
    }

    [RedisFact]
    public async Task A_batch_goes_with_its_job_once_nobody_looks_after_it()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        BatchRecord batch = new()
        {
            Id = BatchRecord.NewId(), Status = BatchRecord.Validating, InputFile = "file-1", OutputFile = "file-2", ErrorFile = "file-3",
            CompletionWindow = "24h", Metadata = "{}", Created = 1,
        };
        await rig.Service.Batches.CreateAsync(batch);
        await RefusedAsync(rig, batch.Id, "is validating");
        await rig.Service.Batches.MoveAsync(batch.Id, [BatchRecord.Validating], BatchRecord.Failed);
        await RefusedAsync(rig, batch.Id, "is failed");
        await rig.Service.Batches.CloseAsync(batch.Id);
        Assert.Equal(0, await rig.Service.RemoveOlderAsync(TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal(1, await rig.Service.RemoveOlderAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.Empty(await rig.Service.Batches.ListAsync(Viewer.System, null, 10));
        Assert.Null(await rig.Service.Batches.FindAsync(batch.Id, Viewer.System));
    }

    [RedisFact]
    public async Task A_job_that_is_removed_and_made_anew_is_worked_on_like_any_other()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.WorkAsync();
        await rig.SubmitAsync("a", IndexRig.Source([("x", 1)]));
        await rig.UntilOverAsync("a");
        Assert.True(await RemoveAsync(rig, "a"));
        await rig.SubmitAsync("a", IndexRig.Source([("y", 2), ("z", 3)]));
        Assert.Equal(2, (await rig.UntilOverAsync("a")).Done);
        Assert.Equal(["x", "y", "z"], rig.Store.Ids);
    }

    private static Task<bool> RemoveAsync(IndexRig rig, string job) => rig.Service.RemoveAsync(job, CancellationToken.None);

    private static async Task RefusedAsync(IndexRig rig, string job, string told) =>
        Assert.Contains(told, (await Assert.ThrowsAsync<IndexException>(() => RemoveAsync(rig, job))).Message, StringComparison.Ordinal);

    /// <summary>Has a job end so long ago.</summary>
    private static Task<bool> EndedAsync(IndexRig rig, string job, TimeSpan ago) =>
        rig.Database.HashSetAsync(IndexKeys.Job(job), "finished", (DateTimeOffset.UtcNow - ago).ToUnixTimeMilliseconds());

    private static async Task<string[]> KeysAsync(IndexRig rig)
    {
        List<string> keys = [];
        await foreach (RedisKey key in rig.Database.Multiplexer.GetServers().Single().KeysAsync())
            keys.Add(key!);
        return [.. keys.Order(StringComparer.Ordinal)];
    }
}
