using System.Collections.Concurrent;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

public sealed class LocalReplicaHeadTests
{
    private readonly ConcurrentQueue<StageInput> _inputs = new();

    [Fact]
    public async Task A_batch_is_answered_when_every_image_has_its_vectors_whichever_stage_was_first()
    {
        LocalReplicaHead head = Head();
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
        LocalReplicaHead head = Head();
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
        LocalReplicaHead head = Head();
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
        LocalReplicaHead head = Head();
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
        LocalReplicaHeads heads = new();
        LocalReplicaHead head = Head();
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
        LocalReplicaHead head = Head(timeout: TimeSpan.FromMilliseconds(1));
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(() => RunAsync(head, 2));
        Assert.Contains("did not finish a batch of 2 within 1 ms (at most Cluster:BatchMilliseconds)", lost.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, head.InFlight);
    }

    [Fact]
    public async Task Pixels_are_held_by_the_input_alone_and_a_batch_that_is_not_run_leaves_none_held()
    {
        LocalReplicaHead head = Head();
        Pixels pixels = NumberedPixels.From(1);
        Task<BatchAnswer> answer = head.RunAsync(new([pixels], [4]));
        Assert.True(pixels.IsHeld);
        StageInput input = Input();
        input.Dispose();
        Assert.False(pixels.IsHeld);
        head.Gather(new(input.Ticket.Batch, [0], [[1f]]));
        await answer;
        head.Retire("was retired");
        Pixels unwanted = NumberedPixels.From(2);
        await Assert.ThrowsAsync<ReplicaLostException>(() => head.RunAsync(new([unwanted], [4])));
        Assert.Equal((false, 0), (unwanted.IsHeld, head.InFlight));
    }

    [Fact]
    public async Task Images_go_to_the_batcher_that_was_attached_and_are_lost_without_one()
    {
        LocalReplicaHead head = Head();
        using Pixels pixels = NumberedPixels.From(1);
        ImageOrder order = new(pixels, 4, Lane.Interactive, 1, Waits.Limit);
        await Assert.ThrowsAsync<ReplicaLostException>(() => head.EmbedAsync(order, default));
        head.Attach(new(() => BatcherOf(head)));
        Task<ImageAnswer> answer = head.EmbedAsync(order, default);
        StageInput input = Input();
        Assert.Same(pixels, Assert.Single(input.Pixels!));
        head.Gather(new(input.Ticket.Batch, [0], [[7f]]));
        Assert.Equal(7f, Assert.Single((await answer.WaitAsync(Waits.Limit)).ClsThenMean));
    }

    [Fact]
    public async Task Images_of_planes_and_of_pixels_with_features_and_without_are_in_no_batch_together()
    {
        LocalReplicaHead head = Head();
        head.Attach(new(() => BatcherOf(head)));
        FeatureOrder features = new() { Layers = [4], Parts = FeatureParts.Patches };
        List<(bool ArePlanes, bool HasFeatures)> batches = [];
        (bool, FeatureOrder?)[] kinds = [(false, null), (true, null), (false, features), (true, features)];
        foreach ((bool planes, FeatureOrder? order) in kinds)
        {
            using Pixels pixels = NumberedPixels.From(1);
            _ = head.EmbedAsync(new(pixels, 4, Lane.Interactive, 1, Waits.Limit) { ArePlanes = planes, Features = order }, default);
            using StageInput input = Input();
            Assert.Single(input.Pixels!);
            batches.Add((input.Ticket.ArePlanes, input.Ticket.Features is not null));
        }
        Assert.Equal([(false, false), (true, false), (false, true), (true, true)], batches);
    }

    [Fact]
    public async Task A_caller_that_cancels_leaves_at_once_and_its_pixels_stay_until_the_batch_has_read_them()
    {
        LocalReplicaHead head = Head();
        head.Attach(new(() => BatcherOf(head)));
        using CancellationTokenSource leaves = new();
        Pixels pixels = NumberedPixels.From(1);
        Task<ImageAnswer> answer = head.EmbedAsync(new(pixels, 4, Lane.Interactive, 1, Waits.Limit), leaves.Token);
        StageInput input = Input();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Waits.Limit));
        pixels.Dispose();
        Assert.True(pixels.IsHeld);
        input.Dispose();
        Assert.False(pixels.IsHeld);
    }

    private static Batcher BatcherOf(LocalReplicaHead head) =>
        new("m", new() { Models = [] }, () => head.Window, head.RunAsync, PlayedMeters.Metrics(), TimeProvider.System);

    private LocalReplicaHead Head(TimeSpan? timeout = null) => new(
        new("m", 0, 5),
        2,
        input =>
        {
            _inputs.Enqueue(input);
            return ValueTask.CompletedTask;
        },
        new(timeout ?? Waits.Limit));

    private static async Task<BatchAnswer> RunAsync(LocalReplicaHead head, int images)
    {
        Pixels[] pixels = [.. Enumerable.Range(0, images).Select(image => NumberedPixels.From(image))];
        return await head.RunAsync(new(pixels, [.. pixels.Select(_ => 4)])).WaitAsync(Waits.Limit);
    }

    private StageInput Input() => _inputs.TryDequeue(out StageInput? input) ? input : throw new InvalidOperationException("no batch came");
}
