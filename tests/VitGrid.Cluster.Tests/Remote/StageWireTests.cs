using System.Collections.Concurrent;
using System.Threading.Channels;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>Two stages of a replica in two processes, and the way back to the head.</summary>
public sealed class StageWireTests
{
    private readonly Gate _gate = new();
    private readonly ConcurrentQueue<TimeSpan> _sent = new();
    private readonly Channel<(long Batch, Exception Reason)> _failed = Channel.CreateUnbounded<(long, Exception)>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sender_has_no_more_batches_under_way_than_the_next_stage_has_slots(bool unixSocket)
    {
        await using WireNode first = new("first", unixSocket), second = new("second", unixSocket);
        await using StageRig rig = new();
        second.Stages.Add(StageRig.Key, rig.Stage);
        int most = 0;
        rig.Segment.Before = _ =>
        {
            most = Math.Max(most, rig.Stage.InFlight);
            _gate.Pass();
        };
        INextStage next = NextStage(first, second);
        int sent = 0;
        Task all = Task.Run(async () =>
        {
            for (byte batch = 1; batch <= 8; batch++)
            {
                await next.ForwardAsync(new(batch, [4]), PlayedSegment.Hidden(batch));
                Interlocked.Increment(ref sent);
            }
        });
        await _gate.Arrived;
        Assert.True(SpinWait.SpinUntil(
            () => Volatile.Read(ref sent) == Stage.Slots && rig.Stage.InFlight == Stage.Slots, Waits.Limit), "the slots were never filled");
        _gate.Open();
        await all.WaitAsync(Waits.Limit);
        for (byte batch = 1; batch <= 8; batch++)
            Assert.Equal(batch, (await rig.NextAsync()).Batch);
        rig.AwaitIdle();
        Assert.InRange(most, 1, Stage.Slots);
        Assert.Equal("1 2 3 4 5 6 7 8", string.Join(' ', rig.Segment.Ran));
    }

    [Fact]
    public async Task A_stage_that_is_not_there_says_so_and_the_credit_comes_back()
    {
        await using WireNode first = new("first"), second = new("second");
        INextStage next = NextStage(first, second);
        for (byte batch = 1; batch <= 3 * Stage.Slots; batch++)
        {
            await next.ForwardAsync(new(batch, [4]), PlayedSegment.Hidden(batch)).WaitAsync(Waits.Limit);
            (long stale, Exception reason) = await _failed.Reader.ReadAsync().AsTask().WaitAsync(Waits.Limit);
            Assert.Equal(batch, stale);
            Assert.Contains("second has no stage m/0/5/1: it was replaced", Assert.IsType<ReplicaLostException>(
                reason).Message, StringComparison.Ordinal);
            Assert.Equal(batch, _sent.Count);
        }
    }

    [Fact]
    public async Task Whoever_waits_for_a_credit_hears_that_the_next_stages_process_is_gone()
    {
        await using WireNode first = new("first"), second = new("second");
        await using StageRig rig = new();
        second.Stages.Add(StageRig.Key, rig.Stage);
        rig.Segment.Before = _ => _gate.Pass();
        INextStage next = NextStage(first, second);
        for (byte batch = 1; batch <= Stage.Slots; batch++)
            await next.ForwardAsync(new(batch, [4]), PlayedSegment.Hidden(batch));
        Task waiting = next.ForwardAsync(new(9, [4]), PlayedSegment.Hidden(9));
        await _gate.Arrived;
        Assert.False(waiting.IsCompleted);
        Task gone = second.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ReplicaLostException>(() => waiting.WaitAsync(Waits.Limit));
        _gate.Open();
        await gone.WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task Vectors_and_failures_find_the_head_in_its_process_and_in_another()
    {
        await using WireNode here = new("here"), there = new("there");
        ReplicaLayout layout = WireNode.Layout(here, there);
        SwallowingHead head = new(layout);
        here.Heads.Add(head.Head);
        here.StagePeers.Open(layout, 0);
        Task<BatchAnswer> answered = head.RunAsync(images: 2), refused = head.RunAsync(1), lost = head.RunAsync(1);
        await new LocalResultReturn(layout.Key, here.Heads).ReturnAsync(new(1, [1], [[1f, 2f]]));
        await there.Results.To(layout).ReturnAsync(new(1, [0], [[3f, 4f]]));
        await there.Results.To(layout).FailAsync(2, new GridException(GridFault.SegmentFailed, "the device broke"));
        await there.Results.To(layout).FailAsync(3, new IOException("the cable was cut"));
        Assert.Equal([[3f, 4f], [1f, 2f]], (await answered).ClsThenMean);
        GridException refusal = await Assert.ThrowsAsync<GridException>(() => refused);
        Assert.Equal((GridFault.SegmentFailed, "the device broke"), (refusal.Fault, refusal.Message));
        Assert.Equal("the cable was cut", (await Assert.ThrowsAsync<ReplicaLostException>(() => lost)).Message);
    }

    [Fact]
    public async Task A_head_that_is_gone_does_not_stop_the_stage_that_answers_it()
    {
        await using WireNode here = new("here"), there = new("there");
        ReplicaLayout layout = WireNode.Layout(here, there);
        await here.DisposeAsync();
        await there.Results.To(layout).ReturnAsync(new(1, [0], [[1f]])).AsTask().WaitAsync(Waits.Limit);
        await there.Results.To(layout).FailAsync(1, new IOException()).AsTask().WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task Results_for_a_head_that_is_too_busy_for_a_handshake_are_kept_and_reach_it_when_it_is_not()
    {
        await using WireNode here = new("here"), there = new("there");
        using BusyEntrance busy = new();
        ReplicaLayout layout = WireNode.Layout(here, there);
        SwallowingHead head = new(layout);
        here.Heads.Add(head.Head);
        here.StagePeers.Open(layout, 0);
        Task<BatchAnswer> answered = head.RunAsync(images: 1);
        IResultReturn results = there.Results.To(busy.Before(layout), () => true);
        Task returned = results.ReturnAsync(new(1, [0], [[3f, 4f]])).AsTask();
        await busy.TurnedAway.WaitAsync(Waits.Limit);
        busy.Dispose();
        await returned.WaitAsync(Waits.Limit);
        Assert.Equal([[3f, 4f]], (await answered.WaitAsync(Waits.Limit)).ClsThenMean);
    }

    [Fact]
    public async Task Results_that_nobody_wants_any_more_are_not_kept()
    {
        await using WireNode here = new("here"), there = new("there");
        using BusyEntrance busy = new();
        bool wanted = true;
        Task returned = there.Results.To(busy.Before(WireNode.Layout(here, there)), () => Volatile.Read(ref wanted))
            .ReturnAsync(new(1, [0], [[3f]])).AsTask();
        await busy.TurnedAway.WaitAsync(Waits.Limit);
        Assert.False(returned.IsCompleted);
        Volatile.Write(ref wanted, false);
        await returned.WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task A_handler_that_fails_ends_the_link_and_leaves_no_memory_taken()
    {
        TaskCompletionSource<NativeBuffer> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WireNode first = new("first"), second = new("second", handler: (_, frame) =>
        {
            received.SetResult(frame.Body!);
            throw new InvalidDataException("not a batch");
        });
        Link link = await first.Peers.LinkAsync(second.Address, default);
        await link.SendAsync(FrameKinds.Batch, new byte[1], new byte[3]);
        await link.Ended.WaitAsync(Waits.Limit);
        NativeBuffer body = await received.Task;
        Assert.Throws<ObjectDisposedException>(() => body.Pointer);
    }

    private INextStage NextStage(WireNode from, WireNode to)
    {
        to.StagePeers.Open(WireNode.Layout(from, to), 1);
        return from.RemoteStages.Open(StageRig.Key, to.Address, new PlayedReturn(_failed.Writer), _sent.Enqueue);
    }

    private sealed class PlayedReturn(ChannelWriter<(long Batch, Exception Reason)> failed) : IResultReturn
    {
        public ValueTask ReturnAsync(PooledItems pooled) => throw new NotSupportedException();

        public ValueTask ReturnFeaturesAsync(FeatureItems features) => throw new NotSupportedException();

        public ValueTask FailAsync(long batch, Exception reason) => failed.WriteAsync((batch, reason));
    }

    /// <summary>A head whose first stage swallows what it is given.</summary>
    private sealed class SwallowingHead(ReplicaLayout layout)
    {
        public LocalReplicaHead Head => field ??= new(layout.Key, layout.Window, input =>
        {
            input.Dispose();
            return ValueTask.CompletedTask;
        }, new(Waits.Limit));

        public Task<BatchAnswer> RunAsync(int images)
        {
            Pixels[] batch = [.. Enumerable.Range(0, images).Select(image => NumberedPixels.From(image))];
            return Head.RunAsync(new(batch, [.. batch.Select(_ => 4)]));
        }
    }
}
