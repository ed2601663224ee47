using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>The loop without Orleans: one scheduler makes its steps follow each other, a held pipeline stands for the segments.</summary>
public sealed class BatcherTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TaskScheduler _turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
    private readonly List<(BatchOrder Batch, TaskCompletionSource<BatchAnswer> Answer)> _running = [];
    private Batcher? _batcher;
    private int _credits;

    [Fact]
    public async Task While_every_credit_is_used_the_next_batch_grows()
    {
        Start(credits: 2, new() { MaxBatchSize = 8 });
        Task<ImageAnswer>[] answers = await EmbedAsync(1, 2, 3, 4, 5);
        Assert.Equal([[1], [2]], Batches());
        await FinishAsync(0);
        Assert.Equal([[1], [2], [3, 4, 5]], Batches());
        await FinishAsync(1);
        await FinishAsync(2);
        Assert.Equal([1f, 2f, 3f, 4f, 5f], (await Task.WhenAll(answers)).Select(answer => answer.ClsThenMean[0]));
    }

    [Fact]
    public async Task A_batch_names_the_request_of_each_of_its_images_and_none_where_none_has_one()
    {
        Start(credits: 3, new() { MaxBatchSize = 8 });
        await EmbedAsync(1);
        ImageOrder named = Order(2, TimeSpan.FromSeconds(60)) with { RequestId = "r-2" };
        await OnTurnAsync(() => _batcher!.EmbedAsync(named, CancellationToken.None));
        Assert.Null(_running[0].Batch.RequestIds);
        Assert.Equal("r-2", Assert.Single(_running[1].Batch.RequestIds!));
    }

    [Property(MaxTest = 1_000)]
    public void None_is_lost_answered_twice_overtaken_in_its_lane_or_kept_waiting_whatever_happens(byte[] script) =>
        Assert.Null(BatcherScript.Play(script).Broken);

    [Fact]
    public async Task A_failing_batch_fails_its_own_images_and_gives_its_credit_back()
    {
        Start(credits: 1, new() { MaxBatchSize = 8 });
        Task<ImageAnswer>[] answers = await EmbedAsync(1, 2, 3);
        await OnTurnAsync(() => _running[0].Answer.SetException(new GridException(GridFault.SegmentFailed, "no")));
        GridException failure = await Assert.ThrowsAsync<GridException>(() => answers[0]);
        Assert.Equal(GridFault.SegmentFailed, failure.Fault);
        await OnTurnAsync(() => { });
        await FinishAsync(1);
        Assert.Equal(3f, (await answers[2]).ClsThenMean[0]);
    }

    [Fact]
    public async Task Expired_and_cancelled_images_leave_the_queue_without_being_run()
    {
        Start(credits: 1, new() { MaxBatchSize = 8 });
        using CancellationTokenSource leaves = new();
        Task<ImageAnswer> first = (await EmbedAsync(1))[0];
        Task<ImageAnswer> expires = await OnTurnAsync(
            () => _batcher!.EmbedAsync(Order(2, TimeSpan.FromSeconds(1)), CancellationToken.None));
        Task<ImageAnswer> cancelled = await OnTurnAsync(() => _batcher!.EmbedAsync(Order(3, TimeSpan.FromSeconds(60)), leaves.Token));
        Task<ImageAnswer> lives = (await EmbedAsync(4))[0];
        _time.Advance(TimeSpan.FromSeconds(1));
        await leaves.CancelAsync();
        await FinishAsync(0);
        Assert.Equal([[1], [4]], Batches());
        Assert.Equal(GridFault.DeadlineExceeded, (await Assert.ThrowsAsync<GridException>(() => expires)).Fault);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await FinishAsync(1);
        await Task.WhenAll(first, lives);
    }

    [Fact]
    public async Task An_unfilled_batch_waits_for_company_until_the_delay_has_passed()
    {
        Start(credits: 1, new() { MaxBatchSize = 8, MaxDelayMilliseconds = 20 });
        await EmbedAsync(1, 2);
        Assert.Empty(Batches());
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await OnTurnAsync(() => { });
        Assert.Equal([[1, 2]], Batches());
    }

    [Fact]
    public async Task A_rest_of_the_delay_below_a_millisecond_is_waited_for_without_spinning()
    {
        Start(credits: 1, new() { MaxBatchSize = 8, MaxDelayMilliseconds = 20 });
        await EmbedAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await EmbedAsync(2);
        _time.Advance(TimeSpan.FromMilliseconds(19.5));
        await FinishAsync(0);
        Assert.Equal([[1]], Batches());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await OnTurnAsync(() => { });
        Assert.Equal([[1], [2]], Batches());
    }

    [Fact]
    public async Task Timings_tell_waiting_from_computing()
    {
        Start(credits: 1, new() { MaxBatchSize = 8 });
        Task<ImageAnswer>[] answers = await EmbedAsync(1, 2);
        _time.Advance(TimeSpan.FromSeconds(3));
        await FinishAsync(0);
        _time.Advance(TimeSpan.FromSeconds(5));
        await FinishAsync(1);
        ImageAnswer second = await answers[1];
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5)), (second.Queue, second.Infer));
    }

    [Fact]
    public async Task What_waits_is_told_for_each_lane()
    {
        Start(credits: 1, new() { MaxBatchSize = 8 });
        await EmbedAsync(1);
        Assert.Equal(QueueState.Empty, _batcher!.Queue);
        TimeSpan began = _time.Now();
        await EmbedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(3));
        await EmbedAsync(3);
        Assert.Equal(new QueueState(new(2, began), default), _batcher.Queue);
        await FinishAsync(0);
        Assert.Equal(QueueState.Empty, _batcher.Queue);
    }

    [Fact]
    public async Task Stopping_answers_what_was_accepted_and_refuses_the_rest()
    {
        Start(credits: 1, new() { MaxBatchSize = 1, MaxDelayMilliseconds = 20 });
        Task<ImageAnswer>[] answers = await EmbedAsync(1, 2);
        Task stopped = await OnTurnAsync(() => _batcher!.StopAsync());
        await Assert.ThrowsAsync<ReplicaLostException>(() => EmbedAsync(3));
        await FinishAsync(0);
        Assert.False(stopped.IsCompleted);
        await FinishAsync(1);
        await stopped;
        Assert.All(answers, answer => Assert.True(answer.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Texts_of_a_batch_run_with_those_of_as_many_rows_the_shortest_first()
    {
        Start(credits: 1, new() { MaxBatchSize = 8 }, rowsOf: text => text.Number() >= 10 ? 32 : 16);
        Task<ImageAnswer>[] answers = await EmbedAsync(1, 10, 2, 11, 3);
        await FinishAsync(0);
        Assert.Equal([[1], [2, 3]], Batches());
        await FinishAsync(1);
        Assert.Equal([[1], [2, 3], [10, 11]], Batches());
        await FinishAsync(2);
        Assert.Equal([1f, 10f, 2f, 11f, 3f], (await Task.WhenAll(answers)).Select(answer => answer.ClsThenMean[0]));
        Assert.Equal(3, _running.Count);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_says_both_limits()
    {
        Start(credits: 1, new() { MaxBatchSize = 1 }, new() { MaxImages = 2 });
        await EmbedAsync(1, 2, 3);
        GridException refused = await Assert.ThrowsAsync<GridException>(() => EmbedAsync(4));
        Assert.Equal(GridFault.Overloaded, refused.Fault);
        Assert.Contains("limit 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_that_many_threads_bring_at_once_are_each_answered_once_and_none_stays_held()
    {
        const int Threads = 4, Each = 500;
        _batcher = new("m", new() { Models = [], Batching = new() { MaxBatchSize = 8 }, Queue = new() { MaxImages = 10_000 } }, () => 2,
            AnswerAsync, PlayedMeters.Metrics(), TimeProvider.System);
        Pixels[] images = [.. Enumerable.Range(0, Threads * Each).Select(image => NumberedPixels.From(image))];
        ImageAnswer[][] answers = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => Task.WhenAll(
            images[(thread * Each)..((thread + 1) * Each)].Select(
                pixels => _batcher.EmbedAsync(new(pixels, 0, Lane.Interactive, 1, Waits.Limit), default))))));
        await _batcher.StopAsync().WaitAsync(Waits.Limit);
        Assert.Equal(Enumerable.Range(0, images.Length).Select(image => (float)image), answers.SelectMany(part => part).Select(
            answer => answer.ClsThenMean[0]));
        Array.ForEach(images, pixels => pixels.Dispose());
        Assert.DoesNotContain(images, pixels => pixels.IsHeld);

        static async Task<BatchAnswer> AnswerAsync(BatchOrder batch)
        {
            float[][] vectors = [.. batch.Numbers().Select(image => new float[] { image })];
            await Task.Yield();
            Array.ForEach(batch.Images, pixels => pixels.Dispose());
            return new(vectors);
        }
    }

    [Fact]
    public async Task Pixels_of_refused_expired_and_cancelled_images_are_let_go_of()
    {
        Start(credits: 0, new() { MaxBatchSize = 1 }, new() { MaxImages = 2 });
        using CancellationTokenSource leaves = new();
        ImageOrder expires = Order(1, TimeSpan.FromSeconds(1)), leaving = Order(2, Waits.Limit), refused = Order(3, Waits.Limit);
        Task<ImageAnswer> expired = _batcher!.EmbedAsync(expires, default), left = _batcher.EmbedAsync(leaving, leaves.Token);
        await Assert.ThrowsAsync<GridException>(() => _batcher.EmbedAsync(refused, default));
        Array.ForEach([expires, leaving, refused], order => order.Pixels.Dispose());
        Assert.Equal((true, true, false), (expires.Pixels.IsHeld, leaving.Pixels.IsHeld, refused.Pixels.IsHeld));
        _time.Advance(TimeSpan.FromSeconds(1));
        await leaves.CancelAsync();
        _credits = 1;
        await _batcher.StopAsync().WaitAsync(Waits.Limit);
        await Assert.ThrowsAsync<GridException>(() => expired);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal((false, false), (expires.Pixels.IsHeld, leaving.Pixels.IsHeld));
    }

    private static ImageOrder Order(long image, TimeSpan remaining) => new(NumberedPixels.From(image), 0, Lane.Interactive, 1, remaining);

    private void Start(int credits, BatchingOptions batching, QueueOptions? queue = null, Func<Pixels, int>? rowsOf = null)
    {
        GridOptions options = new() { Models = [], Batching = batching, Queue = queue ?? new() };
        _credits = credits;
        _batcher = new("m", options, () => _credits, Run, PlayedMeters.Metrics(), _time, rowsOf);
    }

    private Task<BatchAnswer> Run(BatchOrder batch)
    {
        _running.Add((batch, new()));
        return _running[^1].Answer.Task;
    }

    private Task<Task<ImageAnswer>[]> EmbedAsync(params long[] images) => OnTurnAsync(
        () => images.Select(image => _batcher!.EmbedAsync(Order(image, TimeSpan.FromMinutes(1)), CancellationToken.None)).ToArray());

    /// <summary>
    /// Answers batch <paramref name="index"/>, each image with its own id; the answer's continuation is a turn, so it has run on return.
    /// </summary>
    private async Task FinishAsync(int index)
    {
        await OnTurnAsync(() => _running[index].Answer.SetResult(
            new([.. _running[index].Batch.Numbers().Select(image => new float[] { image })])));
        await OnTurnAsync(() => { });
    }

    private long[][] Batches() => [.. _running.Select(run => run.Batch.Numbers())];

    private Task OnTurnAsync(Action turn) => Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, _turns);

    private Task<T> OnTurnAsync<T>(Func<T> turn) => Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, _turns);
}
