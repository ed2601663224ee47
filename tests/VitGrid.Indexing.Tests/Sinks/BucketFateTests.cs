using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Buckets;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Work;
using VitGrid.LoadTest.Objects;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>
/// What becomes of a part in a bucket when its worker dies, freezes or wakes up, and when requests or their answers are lost.
/// </summary>
public sealed class BucketFateTests : IAsyncLifetime
{
    private static readonly SinkRow[] Rows = SinkRig.Rows("a");

    private BucketRig _rig = null!;

    public static TheoryData<string> Sinks => BucketSinkTests.Sinks;

    public async Task InitializeAsync() => _rig = await BucketRig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_prepared_part_is_no_object_until_it_is_committed(string spec)
    {
        await using IVectorSink sink = await _rig.OpenAsync(spec);
        await sink.PrepareAsync("p", Rows, default);
        Assert.DoesNotContain(_rig.Seen(), IsLast);
        await sink.CommitAsync("p", Rows, default);
        Assert.Single(_rig.Seen(), IsLast);
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task An_owner_that_wakes_up_after_the_abort_cannot_commit_what_it_had_prepared(string spec)
    {
        await using IVectorSink owner = await _rig.OpenAsync(spec), heir = await _rig.OpenAsync(spec);
        await owner.PrepareAsync("p", Rows, default);

        Assert.True(await heir.TryAbortAsync("p", default));
        Assert.Empty(_rig.Server.Writes.Open);
        await DemandAbortedAsync(() => owner.CommitAsync("p", Rows, default));
        await DemandAbortedAsync(() => owner.PrepareAsync("p", Rows, default));
        await DemandAbortedAsync(() => owner.CommitAsync("p", Rows, default));
        Assert.True(await heir.TryAbortAsync("p", default));
        Assert.Empty(_rig.Seen());
        Assert.Equal(2, _rig.Objects().Length);
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_committed_part_cannot_be_aborted_and_its_owner_may_commit_it_again(string spec)
    {
        await using IVectorSink owner = await _rig.OpenAsync(spec), heir = await _rig.OpenAsync(spec);
        await SinkRig.WriteAsync(owner, "p", "a");
        Assert.False(await heir.TryAbortAsync("p", default));
        await SinkRig.WriteAsync(owner, "p", "a");
        await heir.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        Assert.Empty(_rig.Server.Writes.Open);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_owner_that_was_frozen_while_it_wrote_finds_its_part_aborted_and_leaves_nothing(int within)
    {
        FrozenFormat frozen = new(PartFormats.Npy(NumberFormat.Float32), within);
        await using FileSink owner = new(
            new BucketParts(BucketTarget.Folder("npy", BucketRig.Bucket, "out"), frozen.Format, _rig.Access().Objects), frozen.Format,
            "job");
        await owner.OpenAsync(SinkRig.Schema, default);
        await using IVectorSink heir = await _rig.OpenAsync("npy:out");
        Task preparing = owner.PrepareAsync("p", Rows, default);
        await frozen.Reached;

        Assert.True(await heir.TryAbortAsync("p", default));
        frozen.Thaw();
        await preparing;
        await DemandAbortedAsync(() => owner.CommitAsync("p", Rows, default));
        Assert.Empty(_rig.Seen());
        Assert.Empty(_rig.Server.Writes.Open);
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task Of_a_worker_that_died_between_upload_and_commit_nothing_is_left_when_the_job_is_finished(string spec)
    {
        await using IVectorSink dead = await _rig.OpenAsync(spec), live = await _rig.OpenAsync(spec);
        await dead.PrepareAsync("dead-1", SinkRig.Rows("x"), default);
        await SinkRig.WriteAsync(live, "live-1", "a");
        await live.FinishAsync(SinkRig.Summary with { Done = 1 }, default);
        Assert.Empty(_rig.Server.Writes.Open);
        Assert.All(_rig.Seen(), key => Assert.Contains("live-1", key, StringComparison.Ordinal));
        await DemandAbortedAsync(() => dead.CommitAsync("dead-1", SinkRig.Rows("x"), default));
    }

    [Fact]
    public async Task A_part_whose_worker_died_between_its_commit_and_the_last_request_is_completed_by_whoever_asks()
    {
        await using IVectorSink owner = await _rig.OpenAsync("parquet:out"), heir = await _rig.OpenAsync("parquet:out");
        foreach (string part in (string[])["asked-1", "listed-1"])
        {
            _rig.Fail(BucketRig.IsCompletion, 403);
            await Assert.ThrowsAsync<SinkException>(() => SinkRig.WriteAsync(owner, part, part));
        }
        Assert.Empty(_rig.Seen());
        _rig.Server.Fault = _ => 0;
        Assert.False(await heir.TryAbortAsync("asked-1", default));
        Assert.Equal(["out/part-asked-1.parquet"], _rig.Seen());
        await heir.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        Assert.Equal(["out/part-asked-1.parquet", "out/part-listed-1.parquet"], _rig.Seen());
    }

    /// <summary>A bucket's rule may remove uploads that stay open for days.</summary>
    [Fact]
    public async Task A_committed_part_whose_upload_was_taken_away_is_given_up_so_that_its_rows_are_made_anew()
    {
        await using IVectorSink owner = await _rig.OpenAsync("parquet:out"), heir = await _rig.OpenAsync("parquet:out");
        _rig.Fail(BucketRig.IsCompletion, 403);
        await Assert.ThrowsAsync<SinkException>(() => SinkRig.WriteAsync(owner, "p", "a"));
        _rig.Server.Fault = _ => 0;
        _rig.Server.Writes.Expire();
        Assert.True(await heir.TryAbortAsync("p", default));
        await DemandAbortedAsync(() => owner.CommitAsync("p", Rows, default));
        Assert.Empty(_rig.Seen());
    }

    [Theory]
    [InlineData(S3Server.Lost, 1)]
    [InlineData(S3Server.Cut, 1)]
    [InlineData(503, 2)]
    public async Task A_commit_whose_request_or_answer_is_lost_is_made_once(int fault, int times)
    {
        await using IVectorSink sink = await _rig.OpenAsync("npy:out");
        await sink.PrepareAsync("p", Rows, default);
        _rig.Fail(BucketRig.IsDecision, fault, times);
        await sink.CommitAsync("p", Rows, default);
        _rig.Fail(BucketRig.IsCompletion, fault, times);
        await SinkRig.WriteAsync(sink, "q", "b");
        Assert.Equal(4, _rig.Seen().Length);
        Assert.Empty(_rig.Server.Writes.Open);
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
    }

    [Fact]
    public async Task An_upload_that_failed_with_status_200_is_no_success()
    {
        await using IVectorSink sink = await _rig.OpenAsync("parquet:out");
        _rig.Fail(BucketRig.IsCompletion, S3Server.FailedWithSuccess, times: 1);
        await PersistAsync(() => SinkRig.WriteAsync(sink, "p", "a"));
        Assert.Single(_rig.Seen());
        _rig.Fail(BucketRig.IsCompletion, S3Server.FailedWithSuccess);
        SinkException failure = await Assert.ThrowsAsync<SinkException>(() => SinkRig.WriteAsync(sink, "q", "b"));
        Assert.True(failure.IsTransient);
        Assert.Single(_rig.Seen());
    }

    [Fact]
    public async Task Of_an_owner_that_commits_and_an_heir_that_aborts_at_once_one_prevails()
    {
        await using IVectorSink owner = await _rig.OpenAsync("parquet:out"), heir = await _rig.OpenAsync("parquet:out");
        int committed = 0;
        for (int round = 0; round < 20; round++)
        {
            string part = $"p-{round:00}";
            await owner.PrepareAsync(part, Rows, default);
            Task<SinkException?> commit = Task.Run(() => FailureAsync(() => owner.CommitAsync(part, Rows, default)));
            bool aborted = await Task.Run(() => heir.TryAbortAsync(part, default));
            SinkException? failure = await commit;
            Assert.Equal(aborted, failure is not null);
            Assert.Equal(aborted ? 0 : 1, _rig.Seen().Count(key => key.Contains(part, StringComparison.Ordinal)));
            committed += aborted ? 0 : 1;
        }
        await heir.FinishAsync(SinkRig.Summary with { Done = committed }, default);
        Assert.Equal(committed, _rig.Seen().Length);
    }

    [RedisFact]
    public async Task A_job_has_each_vector_once_in_its_bucket_while_workers_come_and_go_and_the_store_falters()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Sinks = (job, text) => SinkSpec.Parse(text).Create(_rig.Access(job));
        string source = IndexRig.Source(IndexRig.Numbered(60));
        IndexJob job = await rig.Service.OpenJobAsync(
            "job", new(IndexRig.Model, BucketRig.Spec("npy:out").Text), [source]);
        await rig.Service.SubmitAsync(job, [source], 1_000, new(_ => { }, _ => { }), CancellationToken.None);
        Random random = new(7);
        _rig.Server.Fault = request =>
        {
            lock (random)
                return random.Next(40) switch { 0 => 503, 1 => S3Server.Cut, 2 when request.Method != "GET" => S3Server.Lost, _ => 0 };
        };
        IndexWorker first = await rig.WorkAsync();
        await rig.UntilAsync("job", status => status.Done > 10);
        await IndexRig.StopAsync(first);
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal((60, 0), (over.Done, over.Dead));
        Assert.Equal(
            IndexRig.Numbered(60).Select(item => item.Id),
            _rig.Seen().Where(key => key.EndsWith(".npy", StringComparison.Ordinal)).SelectMany(
                key => SinkRig.Ids(_rig.At(Path.ChangeExtension(key, ".ids.jsonl")))).Order(StringComparer.Ordinal));
        Assert.Empty(_rig.Server.Writes.Open);
    }

    private static bool IsLast(string key) => !key.EndsWith(".ids.jsonl", StringComparison.Ordinal);

    private static async Task DemandAbortedAsync(Func<Task> action) =>
        Assert.Equal(SinkFault.PartAborted, (await Assert.ThrowsAsync<SinkException>(action)).Fault);

    private static async Task<SinkException?> FailureAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (SinkException exception)
        {
            return exception;
        }
    }

    private static async Task PersistAsync(Func<Task> action)
    {
        while (await FailureAsync(action) is { } failure)
            Assert.True(failure.IsTransient, failure.Message);
    }
}
