using System.Collections.Concurrent;
using StackExchange.Redis;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>Items from the queue to the sink.</summary>
public sealed class WorkTests
{
    [RedisFact]
    public async Task Every_item_is_in_the_sink_once_with_its_vector_and_the_job_is_finished_once()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 50);
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");

        Assert.Equal((50, 50, 0, "finished"), (over.Total, over.Done, over.Dead, over.State));
        Assert.Equal(IndexRig.Numbered(50).Select(item => item.Id), rig.Store.Ids);
        Assert.All(rig.Store.Rows, row => Assert.Equal(
            UnitLength.Normalize(IndexRig.Vector(byte.Parse(row.Id[1..]))), row.Vector.ToArray()));
        Assert.InRange(rig.Store.LargestPart, 1, 4);
        Assert.Equal(50, Assert.Single(rig.Store.Summaries).Done);
        Assert.Equal(new SinkSchema(
            "tiny", "f1", "fp32", IndexRig.Info("tiny").Profile.Key, 4, "cls", true, 64), rig.Store.Schemas.First());
    }

    [RedisFact]
    public async Task An_item_is_asked_for_and_given_up_under_the_id_of_its_job_and_its_own()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        ConcurrentBag<string?> asked = [];
        rig.Embed = (request, _) =>
        {
            asked.Add(request.RequestId);
            return Task.FromResult(IndexRig.Answer(request));
        };
        await rig.SubmitAsync("a", IndexRig.Source([("good", 1), ("broken", 255)]));
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        Assert.Equal(["a/broken", "a/good"], asked.Order());
        Assert.Equal("a/broken", Assert.Single(await rig.DeadAsync("a")).RequestId);
        StreamEntry letter = Assert.Single(await rig.Database.StreamRangeAsync(IndexKeys.Dead("a")));
        Assert.Equal("a/broken", letter["request_id"]);
        Assert.Contains("Image of request a/broken goes to the dead letters (image_decode_failed): damaged", rig.Log.Lines);
    }

    [RedisFact]
    public async Task A_letter_of_an_earlier_build_names_its_request_too()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Database.StreamAddAsync(IndexKeys.Dead("a"), [new("id", "x"), new("uri", "u"), new("code", "c"), new("message", "m")]);
        Assert.Equal("a/x", Assert.Single(await rig.DeadAsync("a")).RequestId);
    }

    [RedisFact]
    public async Task Lag_is_nought_after_all_is_read_and_trimmed_and_right_again_for_what_comes_then()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 300);
        Assert.Equal(300, (await rig.Service.StatusAsync("a", CancellationToken.None)).Lag);
        IndexWorker worker = await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        await rig.UntilAsync("a", _ => rig.Database.StreamLength(IndexKeys.Stream) <= 1);
        IndexStatus after = await rig.Service.StatusAsync("a", CancellationToken.None);
        Assert.Equal((0L, 0L), (after.Lag, after.Pending));

        await IndexRig.StopAsync(worker);
        await rig.SubmitAsync("b", 7);
        Assert.Equal(7, (await rig.Service.StatusAsync("b", CancellationToken.None)).Lag);
    }

    [RedisFact]
    public async Task Poison_goes_to_the_dead_letters_at_once_with_its_code_and_can_be_tried_again_after_the_job_is_finished()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        string outside = Path.Combine(Path.GetTempPath(), $"outside-{Guid.NewGuid():n}.png");
        string inside = Path.Combine(Directory.CreateTempSubdirectory("vitgrid-root-").FullName, "big.png");
        await File.WriteAllBytesAsync(outside, [1]);
        await File.WriteAllBytesAsync(inside, new byte[1_001]);
        rig.Options = rig.Options with { Roots = [Path.GetDirectoryName(inside)!] };
        await rig.SubmitAsync("a", IndexRig.Source([("good", 1), ("broken", 255)]));
        await rig.Database.HashIncrementAsync(IndexKeys.Job("a"), "total", 6);
        string[] uris = [$"file://{outside}", $"file://{inside}", $"file://{inside}.none", "https://example.org/a.png", "no uri",
            "data:image/png,raw"];
        foreach (string uri in uris)
            await rig.Database.StreamAddAsync(IndexKeys.Stream, [new("job", "a"), new("id", uri), new("uri", uri)]);
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");

        Assert.Equal((1, 7), (over.Done, over.Dead));
        Dictionary<string, string> codes = (await rig.DeadAsync("a")).ToDictionary(letter => letter.Id, letter => letter.Code);
        Assert.Equal("image_decode_failed", codes["broken"]);
        Assert.Equal(["url_not_allowed", "image_too_large", "file_not_found", "url_not_allowed", "invalid_uri", "invalid_uri"], uris.Select(
            uri => codes[uri]));

        rig.Embed = (request, _) => Task.FromResult(new EmbeddingResult(IndexRig.Vector(3), false, 1, default));
        Assert.Equal(7, await rig.Service.RetryAsync("a", CancellationToken.None));
        over = await rig.UntilOverAsync("a");
        Assert.Equal((2, 6), (over.Done, over.Dead));
        Assert.Equal(["broken", "good"], rig.Store.Ids);
    }

    [RedisFact]
    public async Task Images_by_url_are_fetched_lasting_failures_are_dead_at_once_and_passing_ones_are_tried_again()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await using ImageSite site = new();
        rig.Urls = new(new() { Enabled = true, AllowHttp = true, Addresses = ["127.0.0.1/32"], Ports = [$"{site.Port}"] }, 1_000,
            TimeProvider.System);
        string url = site.Image("/a.png", "\u0005").On("/gone.png", "410 Gone").On("/busy.png", "503 Later").Redirect(
            "/inside.png", site.Url("/", "10.0.0.1")).Url("/", "127.0.0.1");
        await rig.SubmitAsync("a", 1);
        await rig.Database.HashIncrementAsync(IndexKeys.Job("a"), "total", 4);
        foreach (string name in (string[])["a", "gone", "busy", "inside"])
            await rig.Database.StreamAddAsync(IndexKeys.Stream, [new("job", "a"), new("id", name), new("uri", $"{url}{name}.png")]);
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");

        Assert.Equal((2, 3), (over.Done, over.Dead));
        Dictionary<string, string> codes = (await rig.DeadAsync("a")).ToDictionary(letter => letter.Id, letter => letter.Code);
        Assert.Equal(["url_fetch_failed", "url_fetch_failed", "url_not_allowed"], ((string[])["gone", "busy", "inside"]).Select(
            id => codes[id]));
        Assert.Equal(UnitLength.Normalize(IndexRig.Vector(5)), rig.Store.Rows.Single(row => row.Id == "a").Vector.ToArray());
        Assert.Equal(3 + rig.Options.MaxAttempts, site.Connections);
    }

    [RedisFact]
    public async Task What_fails_for_a_passing_reason_is_tried_again_and_given_up_after_the_last_try()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        int tries = 0;
        rig.Embed = (request, _) => request.Image.Span[0] switch
        {
            1 when Interlocked.Increment(ref tries) < 3 => throw new GridException(GridFault.SegmentFailed, "hiccup"),
            2 => throw new GridException(GridFault.SegmentFailed, "always"),
            _ => Task.FromResult(IndexRig.Answer(request)),
        };
        await rig.SubmitAsync("a", IndexRig.Source([("passing", 1), ("lasting", 2)]));
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");

        Assert.Equal(["passing"], rig.Store.Ids);
        Assert.Equal(("lasting", "internal_error", "always"), (await rig.DeadAsync("a")).Select(
            letter => (letter.Id, letter.Code, letter.Message)).Single());
    }

    [RedisFact]
    public async Task An_overloaded_grid_is_waited_for_and_fails_no_item()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        int refusals = 0;
        rig.Embed = (request, _) => Interlocked.Increment(ref refusals) <= 30
            ? throw new GridException(GridFault.Overloaded, "full")
            : Task.FromResult(IndexRig.Answer(request));
        await rig.SubmitAsync("a", 3);
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal((3, 0), (over.Done, over.Dead));
    }

    [RedisFact]
    public async Task A_job_whose_model_nobody_serves_says_so_lets_others_pass_and_goes_on_when_it_is_served()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("waits", IndexRig.Source(IndexRig.Numbered(20)), model: "later");
        await rig.SubmitAsync("passes", 5);
        await rig.WorkAsync();
        await rig.UntilOverAsync("passes");
        JobStatus waits = await rig.UntilAsync("waits", status => status.Parked == 20);
        Assert.Contains("model 'later' is served by no worker", waits.Problem, StringComparison.Ordinal);

        rig.Models.Add(IndexRig.Info("later"));
        JobStatus over = await rig.UntilOverAsync("waits");
        Assert.Equal((20, 0, null), (over.Done, over.Parked, over.Problem));
    }

    [RedisFact]
    public async Task A_cancelled_job_acknowledges_what_is_left_without_work()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.SubmitAsync("a", 40);
        Assert.True(await rig.Service.CancelAsync("a"));
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("a");

        Assert.Equal(("cancelled", 0, 40), (over.State, over.Done, over.Cancelled));
        Assert.Empty(rig.Store.Rows);
        Assert.False(await rig.Service.CancelAsync("a"));
    }

    [RedisFact]
    public async Task A_full_disk_is_waited_for_and_loses_nothing()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        bool full = true;
        rig.Store.Hook = (step, _) => full && step == "prepare"
            ? throw new SinkException(SinkFault.Unavailable, "no space left on device") : Task.CompletedTask;
        await rig.SubmitAsync("a", 10);
        await rig.WorkAsync();
        await rig.UntilAsync("a", status => status.Problem == "no space left on device");
        full = false;
        JobStatus over = await rig.UntilOverAsync("a");
        Assert.Equal((10, 0, null), (over.Done, over.Dead, over.Problem));
        Assert.Equal(IndexRig.Numbered(10).Select(item => item.Id), rig.Store.Ids);
    }

    [RedisFact]
    public async Task A_row_that_the_sink_refuses_goes_to_the_dead_letters_and_the_others_are_written()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        bool refused = false;
        rig.Store.Hook = (step, _) =>
        {
            if (refused || step != "prepare")
                return Task.CompletedTask;
            refused = true;
            throw new SinkException(SinkFault.RowRefused, "out of range") { RowId = "p00000" };
        };
        await rig.SubmitAsync("a", 3);
        await rig.WorkAsync();
        await rig.UntilOverAsync("a");
        Assert.Equal(["p00001", "p00002"], rig.Store.Ids);
        Assert.Equal("row_refused", (await rig.DeadAsync("a")).Single().Code);
    }

    [RedisFact]
    public async Task A_group_that_is_lost_is_made_anew()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.WorkAsync();
        await rig.SubmitAsync("a", 3);
        await rig.UntilOverAsync("a");
        await rig.Database.ExecuteAsync("FLUSHALL");
        await rig.SubmitAsync("b", 3);
        Assert.Equal(3, (await rig.UntilOverAsync("b")).Done);
    }

    [RedisFact]
    public async Task What_was_under_way_when_the_stream_was_lost_holds_up_nothing()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(
            TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Embed = async (request, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            return IndexRig.Answer(request);
        };
        await rig.SubmitAsync("a", IndexRig.Source([("good", 1), ("broken", 255)]));
        await rig.WorkAsync();
        await begun.Task;
        await rig.Database.ExecuteAsync("FLUSHALL");
        go.SetResult();
        await rig.SubmitAsync("a", 30);
        Assert.Equal(30, (await rig.UntilOverAsync("a")).Done);
        Assert.Equal(IndexRig.Numbered(30).Select(item => item.Id), rig.Store.Ids);
    }

    [RedisFact]
    public async Task Entries_of_no_job_and_without_fields_are_buried_and_hold_up_nothing()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Connection.EnsureGroupAsync();
        await rig.Database.StreamAddAsync(IndexKeys.Stream, [new("job", "none"), new("id", "x"), new("uri", "y")]);
        await rig.Database.StreamAddAsync(IndexKeys.Stream, [new("id", "x")]);
        await rig.WorkAsync();
        await rig.SubmitAsync("a", 1);
        await rig.UntilOverAsync("a");
        Assert.Equal("job_not_found", (await rig.DeadAsync("none")).Single().Code);
        Assert.Equal("invalid_entry", (await rig.DeadAsync(IndexKeys.NoJob)).Single().Code);
    }

    [RedisFact]
    public async Task A_job_made_with_plain_commands_is_worked_on_alike()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        await rig.Connection.EnsureGroupAsync();
        IDatabase redis = rig.Database;
        await redis.HashSetAsync(
            IndexKeys.Job("plain"), [
                new("model", "tiny"), new("sink", "jsonl:/nowhere/x.jsonl"), new("state", "submitting"), new("pooling", "cls+mean"), new(
                    "normalize", "false")]);
        await redis.SortedSetAddAsync(IndexKeys.Jobs, "plain", 1);
        await redis.SetAddAsync(IndexKeys.Active, "plain");
        await redis.StreamAddAsync(IndexKeys.Stream, [new("job", "plain"), new("id", "one"), new("uri", IndexRig.Image(9))]);
        await redis.HashSetAsync(IndexKeys.Job("plain"), [new("total", 1), new("state", "running")]);
        await rig.WorkAsync();
        await rig.UntilOverAsync("plain");
        Assert.Equal(IndexRig.Vector(9), Assert.Single(rig.Store.Rows).Vector.ToArray());
    }
}
