using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>What becomes of entries whose worker is gone, wherever it went.</summary>
public sealed class RecoveryTests
{
    [RedisTheory]
    [InlineData("prepare")]
    [InlineData("commit")]
    [InlineData("committed")]
    public async Task A_worker_that_vanishes_while_it_writes_loses_and_doubles_nothing(string step)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        IndexQueue dead = new(rig.Connection, "dead-worker");
        await rig.SubmitAsync("a", 6);
        IndexItem[] read = await dead.ReadAsync(4);
        Assert.Empty(await dead.IntendAsync("a", "dead-worker-1", read.Select(item => item.Entry)));
        await using IVectorSink sink = rig.Store.Sink();
        if (step == "committed")
            await sink.CommitAsync("dead-worker-1", [.. read.Select(item => new SinkRow(item.Id, new float[64]))], CancellationToken.None);
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");

        Assert.Equal(6, over.Done);
        Assert.Equal(IndexRig.Numbered(6).Select(item => item.Id), rig.Store.Ids);
        Assert.Equal(step == "committed" ? 4 : 0, rig.Store.Rows.Count(row => row.Vector.Span[0] == 0));
    }

    [RedisFact]
    public async Task A_frozen_worker_that_wakes_up_can_neither_commit_nor_acknowledge_what_others_have_taken_over()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        IndexQueue frozen = new(rig.Connection, "frozen");
        await rig.SubmitAsync("a", 4);
        IndexItem[] read = await frozen.ReadAsync(4);
        string[] entries = [.. read.Select(item => item.Entry)];
        Assert.Empty(await frozen.IntendAsync("a", "frozen-1", entries));
        await rig.WorkAsync();
        await rig.UntilAsync("a", status => status.Done == 4);

        await using IVectorSink sink = rig.Store.Sink();
        SinkRow[] rows = [.. read.Select(item => new SinkRow(item.Id, new float[64]))];
        Assert.Equal(SinkFault.PartAborted,
            (await Assert.ThrowsAsync<SinkException>(() => sink.CommitAsync("frozen-1", rows, CancellationToken.None))).Fault);
        Assert.Equal(entries, await frozen.IntendAsync("a", "frozen-2", entries));
        Assert.Equal(entries, await frozen.RenewAsync(entries));
        Assert.Equal(0, await frozen.SettleAsync("a", "frozen-1"));
        Assert.Equal(0, await frozen.SkipAsync("a", read));
        Assert.Equal(4, (await rig.UntilOverAsync("a")).Done);
    }

    [RedisFact]
    public async Task A_settled_part_is_counted_once_however_often_it_is_settled()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        IndexQueue queue = new(rig.Connection, "worker");
        await rig.SubmitAsync("a", 3);
        IndexItem[] read = await queue.ReadAsync(3);
        await queue.IntendAsync("a", "part", read.Select(item => item.Entry));
        (int first, int second) = (await queue.SettleAsync("a", "part"), await queue.SettleAsync("a", "part"));
        Assert.Equal((3, 0), (first, second));
        Assert.Equal(3, (await rig.Service.FindAsync("a")).Done);
    }

    [RedisFact]
    public async Task Long_work_is_renewed_and_not_taken_over()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { ClaimMilliseconds = 3_000 };
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        rig.Embed = async (request, _) =>
        {
            Interlocked.Increment(ref begun);
            await go.Task;
            return IndexRig.Answer(request);
        };
        await rig.SubmitAsync("a", 1);
        await rig.WorkAsync();
        await rig.WorkAsync();
        IndexQueue other = new(rig.Connection, "other");
        // Longer than the silence after which it would be taken over.
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200));
        for (int i = 0; i < 20 && await timer.WaitForNextTickAsync(); i++)
            Assert.Empty(await other.ClaimAsync(TimeSpan.FromMilliseconds(3_000), 10));
        go.SetResult();
        await rig.UntilOverAsync("a");
        Assert.Equal(1, begun);
    }

    [RedisFact]
    public async Task What_was_taken_from_too_many_workers_is_taken_for_what_killed_them()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxDeliveries = 2 };
        await rig.SubmitAsync("a", 1);
        await new IndexQueue(rig.Connection, "first").ReadAsync(1);
        Assert.Equal(2, Assert.Single(await new IndexQueue(rig.Connection, "second").ClaimAsync(TimeSpan.Zero, 1)).Deliveries);
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        Assert.Equal("killed_workers", (await rig.DeadAsync("a")).Single().Code);
    }

    [RedisFact]
    public async Task A_worker_that_stops_writes_what_has_gathered_and_leaves_the_rest_to_be_taken_at_once()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { PartMilliseconds = 600_000, ClaimMilliseconds = 3_600_000 };
        TaskCompletionSource embedded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Embed = async (request, cancellation) =>
        {
            if (request.Image.Span[0] == 1)
                await Task.Delay(Timeout.Infinite, cancellation);
            embedded.TrySetResult();
            return IndexRig.Answer(request);
        };
        await rig.SubmitAsync("a", 2);
        IndexWorker worker = await rig.WorkAsync();
        await embedded.Task;
        await IndexRig.StopAsync(worker);
        Assert.Equal(1, (await rig.Service.FindAsync("a")).Done);
        Assert.Equal("p00001", Assert.Single(await new IndexQueue(rig.Connection, "other").ClaimAsync(TimeSpan.FromHours(1), 10)).Id);
    }
}

/// <summary>A theory that needs <c>redis-server</c> on the path.</summary>
public sealed class RedisTheoryAttribute : TheoryAttribute
{
    public RedisTheoryAttribute() => Skip = new RedisFactAttribute().Skip;
}
