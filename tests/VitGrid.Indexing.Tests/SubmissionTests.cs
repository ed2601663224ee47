using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Tests;

/// <summary>From a source into the queue.</summary>
public sealed class SubmissionTests
{
    private static readonly JobSettings Settings = new("tiny", "jsonl:/nowhere/out.jsonl");

    [RedisFact]
    public async Task A_queue_that_went_back_is_told_and_the_same_submission_goes_on_there()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string source = IndexRig.Source(IndexRig.Numbered(1_200));
        IndexJob job = await rig.Service.OpenJobAsync("a", new(IndexRig.Model, "jsonl:/nowhere/out.jsonl"), [source]);
        IndexException told = await Assert.ThrowsAsync<IndexException>(() => rig.Service.SubmitAsync(
            job, [source], 10_000, new(_ => { }, _ => rig.Database.HashSet(IndexKeys.Job("a"), "cursor", 0)), CancellationToken.None));
        Assert.Contains("holds the first 0 items of job 'a', of 500 that it had taken", told.Message, StringComparison.Ordinal);
        Assert.Contains("Indexing:ConfirmReplicas", told.Message, StringComparison.Ordinal);
        Assert.Equal(1_200, (await rig.SubmitAsync("a", source)).Cursor);
    }

    [RedisFact]
    public async Task A_submission_that_was_cut_off_goes_on_where_it_stopped_and_a_whole_one_does_nothing_the_second_time()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string source = IndexRig.Source(IndexRig.Numbered(2_300));
        using CancellationTokenSource cut = new();
        IndexJob job = await rig.Service.OpenJobAsync("a", Settings, [source]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Service.SubmitAsync(
            job, [source], 10_000, new(_ => { }, progress => { if (progress.Items >= 1_000) cut.Cancel(); }), cut.Token));
        Assert.Equal((1_000, "submitting"), (await rig.Service.FindAsync("a") is var half ? half.Cursor : 0, half.State));

        IndexJob whole = await rig.SubmitAsync("a", source);
        IndexJob again = await rig.SubmitAsync("a", source);
        Assert.Equal((2_300, "running"), (whole.Total, whole.State));
        Assert.Equal(2_300, again.Total);
        string[] ids = [.. (await rig.Database.StreamRangeAsync(IndexKeys.Stream)).Select(entry => (string)entry["id"]!)];
        Assert.Equal(IndexRig.Numbered(2_300).Select(item => item.Id), ids);
    }

    [RedisFact]
    public async Task The_same_id_with_other_settings_or_sources_is_refused_and_so_is_a_source_that_has_changed()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string source = IndexRig.Source(IndexRig.Numbered(600));
        await rig.Service.OpenJobAsync("a", Settings, [source]);
        Assert.Contains("exists already with other",
            (await Assert.ThrowsAsync<IndexException>(() => rig.Service.OpenJobAsync("a", Settings with { Layer = 2 }, [source]))).Message,
            StringComparison.Ordinal);
        Assert.Contains("exists already with other",
            (await Assert.ThrowsAsync<IndexException>(() => rig.Service.OpenJobAsync("a", Settings, [IndexRig.Source([])]))).Message,
            StringComparison.Ordinal);

        JobStore jobs = new(rig.Connection, TimeProvider.System);
        Assert.Equal("ok", (await jobs.AppendAsync("a", new(0, 1, "another", 0, [("x", "another")]), 100)).Outcome);
        IndexException changed = await Assert.ThrowsAsync<IndexException>(async () =>
            await rig.Service.SubmitAsync(
                await rig.Service.FindAsync("a"), [source], 1_000, new(_ => { }, _ => { }), CancellationToken.None));
        Assert.Contains("has changed", changed.Message, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_page_is_added_once_although_its_answer_was_lost_and_not_at_all_beside_another_submitter()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Service.OpenJobAsync("a", Settings, []);
        JobStore jobs = new(rig.Connection, TimeProvider.System);
        SubmissionPage page = new(0, 2, "u", 1, [("x", "u")]);
        Assert.Equal(("ok", "2"), await jobs.AppendAsync("a", page, 100));
        Assert.Equal(("ok", "2"), await jobs.AppendAsync("a", page, 100));
        Assert.Equal(("cursor", "2"), await jobs.AppendAsync("a", page with { After = 3 }, 100));
        Assert.Equal(("full", "1"), await jobs.AppendAsync("a", new(2, 3, "v", 0, [("y", "v")]), 1));
        Assert.Equal(1, await rig.Database.StreamLengthAsync(IndexKeys.Stream));
        IndexJob job = await rig.Service.FindAsync("a");
        Assert.Equal((1, 1), (job.Total, job.Malformed));
    }

    [RedisFact]
    public async Task A_submitter_waits_while_the_queue_is_full()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxLength = 600 };
        TaskCompletionSource full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string source = IndexRig.Source(IndexRig.Numbered(3_000));
        IndexJob job = await rig.Service.OpenJobAsync("a", Settings, [source]);
        Task submitting = rig.Service.SubmitAsync(
            job, [source], 600, new(_ => { }, progress => { if (progress.Waiting) full.TrySetResult(); }), CancellationToken.None);
        await full.Task;
        Assert.InRange(await rig.Database.StreamLengthAsync(IndexKeys.Stream), 600, 1_100);
        rig.Options = rig.Options with { PartRows = 500 };
        await rig.WorkAsync();
        await submitting;
        Assert.Equal(3_000, (await rig.UntilOverAsync("a")).Done);
    }

    [RedisFact]
    public async Task Malformed_lines_are_told_with_their_number_and_the_rest_goes_on()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string file = IndexRig.Source([("a", 1)]);
        await File.AppendAllLinesAsync(
            file, ["{\"id\":\"x\"", "", "[1]", "{\"id\":7,\"uri\":\"u\"}", "{\"id\":\"b\",\"uri\":\"images/a b.png\"}"]);
        List<string> told = [];
        IndexJob job = await rig.Service.OpenJobAsync("a", Settings, [file]);
        await rig.Service.SubmitAsync(job, [file], 100, new(told.Add, _ => { }), CancellationToken.None);
        job = await rig.Service.FindAsync("a");
        Assert.Equal((2, 3, "running"), (job.Total, job.Malformed, job.State));
        Assert.Equal([2, 4, 5], told.Select(
            fault => int.Parse(fault[(fault.IndexOf("line ", StringComparison.Ordinal) + 5)..].Split(':')[0])));
        Assert.EndsWith("/images/a%20b.png", (string)(await rig.Database.StreamRangeAsync(IndexKeys.Stream))[^1]["uri"]!,
            StringComparison.Ordinal);
    }

    [RedisTheory]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-ttl")]
    public async Task A_Redis_that_evicts_is_refused_with_the_remedy(string policy)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Database.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", policy);
        IndexException refused = await Assert.ThrowsAsync<IndexException>(
            () => IndexJobService.OpenAsync(rig.Redis.Address, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        Assert.Contains($"maxmemory-policy is {policy}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("noeviction", refused.Message, StringComparison.Ordinal);
        Assert.Contains("appendonly", rig.Service.Warning, StringComparison.Ordinal);
    }
}
