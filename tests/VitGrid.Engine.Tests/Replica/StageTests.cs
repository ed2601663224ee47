using System.Collections.Concurrent;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

public sealed class StageTests
{
    private readonly Gate _gate = new();

    [Fact]
    public async Task Batches_leave_in_the_order_in_which_they_came()
    {
        await using StageRig rig = new();
        for (byte batch = 1; batch <= 6; batch++)
            await rig.EnqueueAsync(batch);
        for (byte batch = 1; batch <= 6; batch++)
        {
            PooledItems pooled = Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome);
            Assert.Equal(batch, pooled.Batch);
            Assert.Equal(Enumerable.Repeat((float)batch, 2 * PlayedSegment.Width), pooled.ClsThenMean[0]);
        }
        rig.AwaitIdle();
        // Slots are all alike: of two batches at the device either may give its slot back first.
        Assert.Equal([1, 2, 3, 4, 5, 6], rig.Taken.Order());
    }

    [Fact]
    public async Task What_comes_in_is_counted_in_batches_images_and_bytes()
    {
        await using StageRig rig = new();
        await rig.EnqueueAsync(1, 4);
        await rig.EnqueueAsync(2, 4, 4, 4);
        await rig.NextAsync();
        await rig.NextAsync();
        Assert.Equal(new StageFlow(Batches: 2, Images: 4, Bytes: 4 * PlayedSegment.Width * sizeof(float)), rig.Stage.Flow);
        rig.AwaitIdle();
    }

    [Fact]
    public async Task A_slow_next_stage_holds_this_one_and_memory_stays_bounded()
    {
        ConcurrentQueue<long> forwarded = new();
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using StageRig rig = new(async (ticket, hidden) =>
        {
            await open.Task;
            forwarded.Enqueue(ticket.Batch);
            hidden.Dispose();
        });
        Task[] sent = [.. Enumerable.Range(1, 8).Select(batch => rig.EnqueueAsync((byte)batch, 9))];
        // One on its way, two computed and waiting, two in the inbox; the rest waits outside.
        Assert.True(SpinWait.SpinUntil(
            () => sent.Count(task => task.IsCompleted) == 3 + Stage.Slots && rig.Segment.Ran.Count == 3, Waits.Limit),
            "the stage took more or less than it may");
        Assert.Empty(forwarded);
        Assert.Equal(8, rig.Stage.InFlight);
        open.SetResult();
        await Task.WhenAll(sent);
        rig.AwaitIdle();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], forwarded);
        Assert.Equal(3, rig.Segment.MaxAlive);
    }

    [Fact]
    public async Task A_batch_that_fails_fails_alone()
    {
        await using StageRig rig = new();
        rig.Segment.Before = batch =>
        {
            if (batch == 2)
                throw new InvalidOperationException("the device broke");
        };
        await Task.WhenAll(rig.EnqueueAsync(1), rig.EnqueueAsync(2), rig.EnqueueAsync(3));
        Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome);
        (long batch, object outcome) = await rig.NextAsync();
        Assert.Equal(2, batch);
        Assert.Equal(GridFault.SegmentFailed, Assert.IsType<GridException>(outcome).Fault);
        Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome);
        rig.AwaitIdle();
    }

    [Fact]
    public async Task What_waits_in_an_abandoned_stage_is_told_to_the_head_uncomputed()
    {
        await using StageRig rig = new();
        rig.Segment.Before = _ => _gate.Pass();
        Task[] sent = [.. Enumerable.Range(1, 5).Select(batch => rig.EnqueueAsync((byte)batch))];
        await _gate.Arrived;
        await Task.WhenAll(sent[..4]);
        rig.Stage.Abandon();
        ValueTask freed = rig.Stage.DisposeAsync();
        // The fifth found no slot before the stage was released.
        await Assert.ThrowsAsync<ReplicaLostException>(() => sent[4]);
        _gate.Open();
        Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome);
        foreach (long expected in new[] { 2, 3, 4 })
        {
            (long batch, object outcome) = await rig.NextAsync();
            Assert.Equal(expected, batch);
            Assert.IsType<ReplicaLostException>(outcome);
        }
        await freed;
        Assert.Equal(1, Assert.Single(rig.Segment.Ran));
        Assert.Equal([1, 2, 3, 4, 5], rig.Taken.Order());
    }

    [Fact]
    public async Task A_released_stage_finishes_what_it_has_and_takes_no_more()
    {
        await using StageRig rig = new();
        rig.Segment.Before = _ => _gate.Pass();
        await rig.EnqueueAsync(1);
        await _gate.Arrived;
        ValueTask freed = rig.Stage.DisposeAsync();
        await Assert.ThrowsAsync<ReplicaLostException>(() => rig.EnqueueAsync(2));
        Assert.False(rig.Segment.IsFreed);
        _gate.Open();
        Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome);
        await freed;
        Assert.True(rig.Segment.IsFreed);
    }

    [Fact]
    public async Task Images_get_their_vectors_where_their_layer_is_and_go_no_further()
    {
        List<long> forwarded = [];
        await using StageRig rig = new((ticket, hidden) =>
        {
            forwarded.Add(ticket.Batch);
            hidden.Dispose();
            return Task.CompletedTask;
        });
        // The stage makes layers 3 and 4; layer 2 is the one before's, 7 a later one's.
        await rig.EnqueueAsync(1, 2, 3, 4);
        await rig.EnqueueAsync(2, 3, 7, 2);
        PooledItems first = Assert.IsType<PooledItems>((await rig.NextAsync()).Outcome), second = Assert.IsType<PooledItems>(
            (await rig.NextAsync()).Outcome);
        Assert.Equal([1, 2], first.Items);
        Assert.Equal(0, Assert.Single(second.Items));
        rig.AwaitIdle();
        Assert.Equal([2L], forwarded);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_handed_on_is_lost_and_the_next_one_goes_its_way()
    {
        await using StageRig rig = new((ticket, hidden) =>
        {
            hidden.Dispose();
            return ticket.Batch == 1 ? throw new IOException("the cable was cut") : Task.CompletedTask;
        });
        await rig.EnqueueAsync(1, 9);
        await rig.EnqueueAsync(2, 3);
        (long batch, object outcome) = await rig.NextAsync();
        Assert.Equal(1, batch);
        Assert.Contains("the cable was cut", Assert.IsType<ReplicaLostException>(outcome).Message, StringComparison.Ordinal);
        Assert.Equal(2, (await rig.NextAsync()).Batch);
        rig.AwaitIdle();
    }
}
