using Microsoft.Extensions.Time.Testing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests;

/// <summary>What was deleted behind the queue's back, and who may finish a job.</summary>
public sealed class DamageTests
{
    [RedisTheory]
    [InlineData("DEL")]
    [InlineData("XTRIM")]
    [InlineData("DELCONSUMER")]
    public async Task A_job_whose_entries_were_deleted_ends_as_damaged_with_what_is_missing_and_can_be_removed(string how)
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { StallMilliseconds = 500 };
        await rig.SubmitAsync("a", 150);
        await rig.SubmitAsync("b", 5);
        IndexQueue gone = new(rig.Connection, "gone");
        Assert.Equal(100, (await gone.ReadAsync(100)).Length);
        await (how switch
        {
            "DEL" => rig.DoAsync("DEL", "vitgrid:index"),
            "XTRIM" => rig.DoAsync("XTRIM", "vitgrid:index", "MAXLEN", 15),
            _ => rig.DoAsync("XGROUP", "DELCONSUMER", "vitgrid:index", "vitgrid", "gone"),
        });
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal(("damaged", 150), (over.State, over.Done + over.Missing));
        Assert.InRange(over.Missing, 100, 150);
        Assert.Contains($"{over.Missing} of its items", over.Problem, StringComparison.Ordinal);
        Assert.Equal(over.Done, rig.Store.Ids.Length - (how == "DEL" ? 0 : 5));
        Assert.False(await rig.Service.CancelAsync("a"));
        Assert.True(await rig.Service.RemoveAsync("a", CancellationToken.None));
    }

    [RedisFact]
    public async Task A_group_that_is_destroyed_in_mid_job_loses_nothing_and_counts_nothing_twice()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 150);
        IndexQueue worker = new(rig.Connection, "w");
        string[] read = [.. (await worker.ReadAsync(40)).Select(item => item.Entry)];
        // The first entry stays open, so that nothing can be trimmed.
        Assert.Empty(await worker.IntendAsync("a", "part", read[1..]));
        Assert.Equal(39, await worker.SettleAsync("a", "part"));
        await rig.DoAsync("XGROUP", "DESTROY", "vitgrid:index", "vitgrid");
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal(("finished", 150, 111), (over.State, over.Done, rig.Store.Ids.Length));
    }

    [RedisFact]
    public async Task A_job_that_was_cancelled_ends_although_its_entries_are_gone()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { StallMilliseconds = 500 };
        await rig.SubmitAsync("a", 20);
        await rig.DoAsync("DEL", "vitgrid:index");
        Assert.True(await rig.Service.CancelAsync("a"));
        await rig.WorkAsync();
        Assert.Equal(("cancelled", 20), (await rig.UntilOverAsync("a")) is var over ? (over.State, over.Missing) : default);
    }

    [RedisFact]
    public async Task Dead_letters_that_were_never_counted_do_not_make_the_count_negative()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Connection.EnsureGroupAsync();
        await rig.Database.StreamAddAsync(IndexKeys.Stream, [new("job", "late"), new("id", "x"), new("uri", IndexRig.Image(1))]);
        await rig.WorkAsync();
        await IndexRig.UntilAsync(() => rig.Database.KeyExistsAsync(IndexKeys.Dead("late")), "the entry of no job is dead");
        await rig.SubmitAsync("late", IndexRig.Source([("y", 2)]));
        await rig.UntilOverAsync("late");
        Assert.Equal(1, await rig.Service.RetryAsync("late", CancellationToken.None));
        JobStatus over = await rig.UntilOverAsync("late");
        Assert.Equal((2, 2, 0), (over.Total, over.Done, over.Dead));
    }

    [RedisFact]
    public async Task A_job_without_items_writes_its_empty_output()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("vitgrid-empty-").FullName, "out.jsonl");
        rig.Sinks = (job, text) => SinkSpec.Parse(text).Create(job);
        IndexJob job = await rig.Service.OpenJobAsync("a", new(IndexRig.Model, $"jsonl:{file}"), []);
        await rig.Service.SubmitAsync(job, Array.Empty<string>(), 100, new(_ => { }, _ => { }), CancellationToken.None);
        await rig.WorkAsync();
        Assert.Equal("finished", (await rig.UntilOverAsync("a")).State);
        Assert.Equal(0, new FileInfo(file).Length);
    }

    [RedisFact]
    public async Task A_lease_is_renewed_while_its_work_lasts_and_freed_only_by_its_holder()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        FakeTimeProvider clock = new();
        TimeSpan length = TimeSpan.FromMinutes(10);
        Lease first = new(rig.Connection, "lease", "one", length, clock), second = new(rig.Connection, "lease", "two", length, clock);
        Assert.True(await first.TryTakeAsync());
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task holding = first.HoldAsync(_ => done.Task, CancellationToken.None);
        for (int renewal = 0; renewal < 4; renewal++)
        {
            await rig.DoAsync("PEXPIRE", "lease", 60_000);
            clock.Advance(length / 3);
            await IndexRig.UntilAsync(
                async () => await rig.Database.KeyTimeToLiveAsync("lease") > TimeSpan.FromMinutes(1), "the lease is renewed");
            Assert.False(await second.TryTakeAsync());
            await second.ReleaseAsync();
        }
        done.SetResult();
        await holding;
        Assert.True(await second.TryTakeAsync());
    }

    [RedisFact]
    public async Task Whoever_has_lost_the_lease_is_signalled_and_can_no_longer_finish_the_job()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", IndexRig.Source([]));
        JobStore jobs = new(rig.Connection, TimeProvider.System);
        Lease frozen = jobs.Finisher("a", "frozen"), successor = jobs.Finisher("a", "successor");
        Assert.True(await frozen.TryTakeAsync());
        Assert.False(await successor.TryTakeAsync());
        await rig.Database.KeyDeleteAsync(IndexKeys.Finisher("a"));
        Assert.True(await successor.TryTakeAsync());
        Assert.Equal("lost", await jobs.FinishAsync("a", frozen));
        await frozen.ReleaseAsync();
        Assert.Equal("finished", await jobs.FinishAsync("a", successor));

        Lease lost = new(rig.Connection, "lease", "one", TimeSpan.FromMilliseconds(300));
        Assert.True(await lost.TryTakeAsync());
        await rig.Database.StringSetAsync("lease", "two");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => lost.HoldAsync(token => Task.Delay(Timeout.Infinite, token), CancellationToken.None));
        Assert.Equal("two", await rig.Database.StringGetAsync("lease"));
    }

    [Fact]
    public async Task What_another_worker_joins_is_left_alone_by_whoever_finishes_first()
    {
        string folder = Directory.CreateTempSubdirectory("vitgrid-join-").FullName, file = Path.Combine(folder, "out.jsonl");
        await using IVectorSink sink = SinkSpec.Parse($"jsonl:{file}").Create("a");
        await sink.OpenAsync(new("tiny", "f1", "fp32", "crop", 4, "cls", true, 2), CancellationToken.None);
        string joining = Path.Combine($"{file}.parts", $"{PartJoin.Hidden}of-another.tmp");
        await File.WriteAllTextAsync(joining, "half");
        await sink.FinishAsync(new("a", 0, 0, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), CancellationToken.None);
        Assert.True(File.Exists(joining));
    }
}
