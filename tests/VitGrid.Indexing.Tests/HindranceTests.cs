using VitGrid.Engine.Models;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests;

/// <summary>What is full, frozen or gone holds up its own job alone, and says so for as long as it lasts.</summary>
public sealed class HindranceTests
{
    [RedisFact]
    public async Task Submitters_stop_at_four_fifths_of_the_memory_and_workers_empty_even_a_full_Redis()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 2_000);
        long used = await UsedAsync(rig);
        await rig.DoAsync("CONFIG", "SET", "maxmemory", used + (used / 10));
        TaskCompletionSource<string> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string source = IndexRig.Source(IndexRig.Numbered(1_000));
        IndexJob job = await rig.Service.OpenJobAsync("b", new(IndexRig.Model, "jsonl:/nowhere/out.jsonl"), [source]);
        Task submitting = rig.Service.SubmitAsync(
            job, [source], 100_000, new(_ => { }, progress => { if (progress.Obstacle is { } why) waiting.TrySetResult(why); }), default);
        Assert.Contains("80 % of its maxmemory", await waiting.Task, StringComparison.Ordinal);

        // Somebody else fills the rest: not even the workers' own counts would fit.
        await rig.DoAsync("CONFIG", "SET", "maxmemory", used / 2);
        rig.Options = rig.Options with { PartRows = 500 };
        await rig.WorkAsync();
        Assert.Equal(2_000, (await rig.UntilOverAsync("a")).Done);
        await rig.DoAsync("CONFIG", "SET", "maxmemory", used * 4);
        await submitting;
        Assert.Equal(1_000, (await rig.UntilOverAsync("b")).Done);
    }

    [RedisFact]
    public async Task A_sink_that_does_not_answer_lets_other_jobs_pass_and_its_own_goes_on_when_it_does()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxItems = 8, ReadBatch = 4, StallMilliseconds = 500 };
        TaskCompletionSource frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Hook = (job, step) => job == "frozen" && step is "prepare" or "open" ? frozen.Task : Task.CompletedTask;
        await rig.SubmitAsync("frozen", 60);
        await rig.SubmitAsync("passes", 40);
        await rig.WorkAsync();
        Assert.Equal(40, (await rig.UntilOverAsync("passes")).Done);
        JobStatus waits = await rig.UntilAsync("frozen", status => status is { Problem: not null, ProblemSince: not null });
        Assert.Equal("running", waits.State);

        frozen.SetResult();
        Assert.Equal((60, null), (await rig.UntilOverAsync("frozen")) is var over ? (over.Done, over.Problem) : default);
    }

    [RedisFact]
    public async Task A_worker_whose_models_are_being_loaded_takes_nothing_says_why_and_begins_when_one_is_ready()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        ModelInfo[] models = [IndexRig.Info(IndexRig.Model) with { State = ModelState.Loading }];
        await rig.SubmitAsync("a", 40);
        await rig.WorkAsync(models);
        JobStatus waits = await rig.UntilAsync("a", status => status.Problem is not null);
        Assert.Contains("is still being loaded", waits.Problem, StringComparison.Ordinal);
        Assert.Equal((0, 0), (await rig.Database.StreamLengthAsync(IndexKeys.Parked("a")), waits.Done));
        Assert.Equal(40, (await rig.Database.StreamGroupInfoAsync(IndexKeys.Stream)).Single().Lag);

        models[0] = IndexRig.Info(IndexRig.Model);
        Assert.Equal((40, null), (await rig.UntilOverAsync("a")) is var over ? (over.Done, over.Problem) : default);
    }

    [RedisFact]
    public async Task A_model_that_is_gone_in_mid_job_lets_other_jobs_pass_and_its_own_is_set_aside_with_the_reason()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxItems = 8, ReadBatch = 4, StallMilliseconds = 500 };
        rig.Models.Add(IndexRig.Info("gone"));
        TaskCompletionSource back = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Embed = async (request, cancellation) =>
        {
            if (request.Model == "gone")
                await back.Task.WaitAsync(cancellation);
            return IndexRig.Answer(request);
        };
        await rig.SubmitAsync("waits", IndexRig.Source(IndexRig.Numbered(30)), "gone");
        await rig.SubmitAsync("passes", 30);
        await rig.WorkAsync();
        Assert.Equal(30, (await rig.UntilOverAsync("passes")).Done);
        JobStatus waits = await rig.UntilAsync("waits", status => status.Parked > 0 && status.Problem is not null);
        Assert.Contains("StallMilliseconds", waits.Problem, StringComparison.Ordinal);
        back.SetResult();
        Assert.Equal((30, 0), (await rig.UntilOverAsync("waits")) is var over ? (over.Done, over.Dead) : default);
    }

    [RedisFact]
    public async Task A_problem_is_there_at_every_look_until_its_cause_is_gone_and_its_beginning_stays()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        bool full = true;
        rig.Store.Hook = (step, _) => full && step == "prepare"
            ? throw new SinkException(SinkFault.Unavailable, "no space left on device") : Task.CompletedTask;
        await rig.SubmitAsync("a", 30);
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus first = await rig.UntilAsync("a", status => status.Problem is not null);
        List<JobStatus> looks = [];
        using PeriodicTimer pauses = new(TimeSpan.FromMilliseconds(30));
        while (looks.Count < 100 && await pauses.WaitForNextTickAsync())
            looks.Add((await rig.Service.StatusAsync("a", CancellationToken.None)).Jobs.Single());
        Assert.All(looks, look => Assert.Equal((first.Problem, first.ProblemSince), (look.Problem, look.ProblemSince)));
        full = false;
        Assert.Equal((30, null), (await rig.UntilOverAsync("a")) is var over ? (over.Done, over.Problem) : default);
    }

    [RedisFact]
    public async Task A_worker_without_a_problem_does_not_hide_anothers_until_that_one_is_silent()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 1);
        JobStore jobs = new(rig.Connection, TimeProvider.System);
        await jobs.SetProblemAsync("a", "w1", "disk full");
        await jobs.SetProblemAsync("a", "w2", null);
        await jobs.SetProblemAsync("a", "w2", "another");
        Assert.Equal("disk full", (await rig.Service.FindAsync("a")).Problem);
        await rig.Database.HashSetAsync(IndexKeys.Job("a"), "problem_seen", 1);
        await jobs.SetProblemAsync("a", "w2", null);
        Assert.Null((await rig.Service.FindAsync("a")).Problem);
    }

    [RedisFact]
    public async Task A_job_whose_sink_never_answers_can_be_cancelled_and_removed()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { MaxItems = 8, ReadBatch = 4, StallMilliseconds = 500 };
        TaskCompletionSource never = new();
        rig.Hook = (_, step) => step == "prepare" ? never.Task : Task.CompletedTask;
        await rig.SubmitAsync("a", 30);
        await rig.WorkAsync();
        await rig.UntilAsync("a", status => status.Problem is not null);
        Assert.True(await rig.Service.CancelAsync("a"));
        Assert.Equal(("cancelled", 30), (await rig.UntilOverAsync("a")) is var over ? (over.State, over.Cancelled) : default);
        Assert.True(await rig.Service.RemoveAsync("a", CancellationToken.None));
    }

    private static async Task<long> UsedAsync(IndexRig rig)
    {
        string info = (string)(await rig.DoAsync("INFO", "memory"))!;
        return long.Parse(info.Split('\n').First(
            line => line.StartsWith("used_memory:", StringComparison.Ordinal))["used_memory:".Length..].Trim());
    }
}
