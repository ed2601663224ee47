using System.Collections.Concurrent;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

public sealed class PipelineHeadTests
{
    private readonly PixelStore _pixels = new();
    private readonly ConcurrentQueue<StageInput> _inputs = new();

    [Fact]
    public async Task A_batch_is_answered_when_every_image_has_its_vectors_whichever_stage_was_first()
    {
        PipelineHead head = Head();
        Task<BatchAnswer> answer = RunAsync(head, images: 3);
        long batch = Input().Ticket.Batch;
        head.Gather(new(batch, [2], [[2f]]));
        head.Gather(new(batch, [0], [[0f]]));
        Assert.False(answer.IsCompleted);
        head.Gather(new(batch, [1], [[1f]]));
        Assert.Equal([[0f], [1f], [2f]], (await answer).ClsThenMean);
        Assert.Equal(0, head.InFlight);
    }

    [Fact]
    public async Task A_failure_ends_its_batch_alone()
    {
        PipelineHead head = Head();
        Task<BatchAnswer> failed = RunAsync(head, 1), other = RunAsync(head, 1);
        head.Fail(Input().Ticket.Batch, new GridException(GridFault.SegmentFailed, "broken"));
        Assert.Equal("broken", (await Assert.ThrowsAsync<GridException>(() => failed)).Message);
        head.Gather(new(Input().Ticket.Batch, [0], [[1f]]));
        await other;
        Assert.Equal(0, head.InFlight);
    }

    [Fact]
    public async Task Late_vectors_of_a_batch_that_was_given_up_are_passed_over()
    {
        PipelineHead head = Head();
        Task<BatchAnswer> lost = RunAsync(head, 1);
        long given = Input().Ticket.Batch;
        head.FailAll("lost its link with b");
        await Assert.ThrowsAsync<ReplicaLostException>(() => lost);
        Task<BatchAnswer> again = RunAsync(head, 1);
        long batch = Input().Ticket.Batch;
        head.Gather(new(given, [0], [[666f]]));
        Assert.False(again.IsCompleted);
        head.Gather(new(batch, [0], [[1f]]));
        Assert.Equal(1f, Assert.Single((await again).ClsThenMean[0]));
    }

    [Fact]
    public async Task Retirement_loses_what_is_under_way_and_takes_no_more()
    {
        PipelineHead head = Head();
        Task<BatchAnswer> under = RunAsync(head, 1);
        head.Retire("was retired");
        Assert.True(head.Retired.IsCancellationRequested);
        Assert.Contains("replica m/0/5 was retired", (await Assert.ThrowsAsync<ReplicaLostException>(() => under)).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<ReplicaLostException>(() => RunAsync(head, 1));
        Assert.Single(_inputs);
        Assert.Equal(0, head.InFlight);
    }

    [Fact]
    public void A_batcher_that_asks_for_a_head_just_retired_is_told_at_once()
    {
        PipelineHeads heads = new();
        PipelineHead head = Head();
        heads.Add(head);
        heads.Remove(head.Key, "was retired");
        bool told = false;
        using CancellationTokenRegistration registration = head.Retired.Register(() => told = true);
        Assert.True(told);
        Assert.Throws<ReplicaLostException>(() => heads.Get(head.Key));
    }

    [Fact]
    public async Task A_batch_that_takes_too_long_is_lost_and_the_setting_is_named()
    {
        PipelineHead head = Head(patience: TimeSpan.FromMilliseconds(1));
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(() => RunAsync(head, 2));
        Assert.Contains("did not finish a batch of 2 within 1 ms (at most Cluster:BatchMilliseconds)", lost.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, head.InFlight);
    }

    [Fact]
    public async Task Pixels_are_held_by_the_input_alone_and_an_image_that_is_gone_leaves_none_held()
    {
        PipelineHead head = Head();
        Pixels one = _pixels.Rent(1, Nothing.Instance), gone = _pixels.Rent(1, Nothing.Instance);
        gone.Dispose();
        await Assert.ThrowsAsync<KeyNotFoundException>(() => head.RunAsync(new([one.Id, gone.Id], [4, 4])));
        one.Dispose();
        Assert.Equal((0, 0), (_pixels.Count, head.InFlight));
        Task<BatchAnswer> answer = RunAsync(head, 1);
        Assert.Equal(1, _pixels.Count);
        StageInput input = Input();
        input.Dispose();
        Assert.Equal(0, _pixels.Count);
        head.Gather(new(input.Ticket.Batch, [0], [[1f]]));
        await answer;
    }

    private PipelineHead Head(TimeSpan? patience = null) => new(
        new("m", 0, 5),
        2,
        input =>
        {
            _inputs.Enqueue(input);
            return ValueTask.CompletedTask;
        },
        _pixels,
        new(patience ?? Waits.Limit));

    private async Task<BatchAnswer> RunAsync(PipelineHead head, int images)
    {
        Pixels[] held = [.. Enumerable.Range(0, images).Select(_ => _pixels.Rent(1, Nothing.Instance))];
        Task<BatchAnswer> answer = head.RunAsync(new([.. held.Select(pixels => pixels.Id)], [.. held.Select(_ => 4)]));
        foreach (Pixels pixels in held)
            pixels.Dispose();
        return await answer.WaitAsync(Waits.Limit);
    }

    private StageInput Input() => _inputs.TryDequeue(out StageInput? input) ? input : throw new InvalidOperationException("no batch came");
}
