using Microsoft.Extensions.Time.Testing;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>What happens while the device is busy: held by a gate, so that order and not speed decides.</summary>
public sealed class LoadTests
{
    private readonly Gate _gate = new();

    [Fact]
    public async Task A_full_grid_refuses_and_answers_what_it_accepted()
    {
        GridOptions options = TestGrid.Options(maxBatchSize: 3) with { Queue = new() { MaxImages = 3 } };
        await using TestGrid grid = await TestGrid.StartAsync(options, _ => _gate.Pass());
        Task<EmbeddingResult>[] accepted = [.. Enumerable.Range(0, 3).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i)))];
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(9)));
        Assert.Equal(GridFault.Overloaded, refused.Fault);
        _gate.Open();
        await Task.WhenAll(accepted);
        await grid.EmbedAsync(TestGrid.Image(9));
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task A_grid_full_in_bytes_refuses()
    {
        GridOptions options = TestGrid.Options() with { Queue = new() { MaxBytes = 1 << 20 }, Images = new() { MaxFileBytes = 1 << 20 } };
        await using TestGrid grid = await TestGrid.StartAsync(options);
        EmbeddingRequest large = TestGrid.Image(1) with { Image = new byte[1 << 20] };
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(large));
        Assert.Equal(GridFault.Overloaded, refused.Fault);
    }

    [Fact]
    public async Task Draining_answers_the_accepted_and_refuses_the_later()
    {
        await using TestGrid grid = await TestGrid.StartAsync(
            TestGrid.Options(segments: 2, devices: 2, maxBatchSize: 2), _ => _gate.Pass());
        Task<EmbeddingResult>[] accepted = [.. Enumerable.Range(0, 20).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i)))];
        await _gate.Arrived;
        Task drained = grid.Embedder.DrainAsync(CancellationToken.None);
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(1)));
        Assert.Equal(GridFault.Draining, refused.Fault);
        Assert.False(drained.IsCompleted);
        _gate.Open();
        await drained.WaitAsync(Waits.Limit);
        await Task.WhenAll(accepted);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task A_request_past_its_deadline_is_answered_while_the_device_is_still_busy()
    {
        FakeTimeProvider time = new();
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(maxBatchSize: 1), _ => _gate.Pass(), time);
        Task<EmbeddingResult> patient = grid.EmbedAsync(TestGrid.Image(1));
        await _gate.Arrived;
        Task<EmbeddingResult> hurried = grid.EmbedAsync(TestGrid.Image(2) with { Timeout = TimeSpan.FromMilliseconds(250) });
        time.Advance(TimeSpan.FromMilliseconds(250));
        GridException refused = await Assert.ThrowsAsync<GridException>(() => hurried);
        Assert.Equal(GridFault.DeadlineExceeded, refused.Fault);
        Assert.Contains("within 250 ms", refused.Message, StringComparison.Ordinal);
        _gate.Open();
        await patient;
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task Whoever_joined_a_hurried_request_is_not_bound_by_its_deadline()
    {
        FakeTimeProvider time = new();
        GridOptions options = TestGrid.Options() with { Images = new() { DecodeThreads = 1 } };
        await using TestGrid grid = await TestGrid.StartAsync(options, time: time, decoder: new DrawnImages((_, _) => _gate.Pass()));
        Task<EmbeddingResult> ahead = grid.EmbedAsync(TestGrid.Image(1));
        await _gate.Arrived;
        Task<EmbeddingResult> hurried = grid.EmbedAsync(TestGrid.Image(2) with { Timeout = TimeSpan.FromMilliseconds(250) });
        Task<EmbeddingResult> joined = grid.EmbedAsync(TestGrid.Image(2));
        time.Advance(TimeSpan.FromMilliseconds(250));
        await Assert.ThrowsAsync<GridException>(() => hurried);
        _gate.Open();
        await Task.WhenAll(ahead, joined);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task A_caller_that_cancels_leaves_at_once_and_its_pixels_are_freed_when_the_device_let_go()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(maxBatchSize: 1), _ => _gate.Pass());
        using CancellationTokenSource leaves = new();
        Task<EmbeddingResult>[] images = [.. Enumerable.Range(0, 5).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i), leaves.Token))];
        await _gate.Arrived;
        await leaves.CancelAsync();
        foreach (Task<EmbeddingResult> image in images)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image);
        _gate.Open();
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task An_image_cancelled_in_a_formed_batch_leaves_its_companion_unharmed()
    {
        GridOptions options = TestGrid.Options() with { Batching = new() { MaxBatchSize = 2, MaxDelayMilliseconds = 1_000 } };
        await using TestGrid grid = await TestGrid.StartAsync(options, _ => _gate.Pass(), new FakeTimeProvider());
        Task<EmbeddingResult>[] ahead = [grid.EmbedAsync(TestGrid.Image(3)), grid.EmbedAsync(TestGrid.Image(4))];
        await _gate.Arrived;
        using CancellationTokenSource leaves = new();
        Task<EmbeddingResult> cancelled = grid.EmbedAsync(TestGrid.Image(1), leaves.Token);
        Task<EmbeddingResult> companion = grid.EmbedAsync(TestGrid.Image(2));
        // Formed and waiting before the device, behind the batch that the gate holds.
        Assert.True(SpinWait.SpinUntil(
            () => grid.Get<SegmentHost>().Reports().Sum(stage => stage.InFlight) == 2, Waits.Limit), "the second batch was never formed");
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.True(SpinWait.SpinUntil(
            () => grid.Get<EmbeddingCache>().FlightCount == 3, Waits.Limit), "the cancelled flight never landed");
        _gate.Open();
        await Task.WhenAll([companion, .. ahead]);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task Images_whose_replica_is_taken_away_begin_again_and_are_answered()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(segments: 2, devices: 2, maxBatchSize: 1), blocks =>
        {
            if (blocks.First > 0)
                _gate.Pass();
        });
        Task<EmbeddingResult>[] images = [.. Enumerable.Range(0, 6).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i)))];
        await _gate.Arrived;
        SegmentHost host = grid.Get<SegmentHost>();
        StageKey[] stages = [.. host.Reports().Select(stage => stage.Key)];
        Task released = Task.WhenAll(stages.Select(host.ReleaseAsync));
        _gate.Open();
        await released.WaitAsync(Waits.Limit);
        await Task.WhenAll(images);
        Assert.DoesNotContain(host.Reports(), stage => stages.Contains(stage.Key));
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_failing_segment_fails_its_batch_alone(int failing)
    {
        int runs = 0;
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(segments: 2, devices: 2, maxBatchSize: 1), blocks =>
        {
            if ((blocks.First > 0) == (failing == 1) && Interlocked.Increment(ref runs) == 2)
                throw new InvalidOperationException("the device broke");
        });
        await grid.EmbedAsync(TestGrid.Image(1));
        GridException failure = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(2)));
        Assert.Equal(GridFault.SegmentFailed, failure.Fault);
        Assert.Contains($"segment {failing} of model 'tiny' failed on a batch of 1: the device broke", failure.Message,
            StringComparison.Ordinal);
        Assert.False((await grid.EmbedAsync(TestGrid.Image(2))).FromCache);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }
}
