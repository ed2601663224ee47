using System.Globalization;
using System.Text.Json;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests;

/// <summary>A job whose vectors one of two devices has computed wrong, against a real Redis and real files.</summary>
public sealed class DeviceRetryTests : IDisposable
{
    private const string Job = "job", Sick = "w1/cuda:0", Well = "w2/cuda:0";

    private static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly DistrustedVectors Wrong = new(Sick, Noon, Noon.AddHours(1));

    private readonly string _root = Directory.CreateTempSubdirectory("vitgrid-retry-").FullName;
    private readonly List<EmbeddingRequest> _asked = [];
    private bool _isWell;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Every third image passes the sick device, which answers with another image's vector until it is well.</summary>
    [RedisTheory]
    [InlineData("jsonl:out.jsonl")]
    [InlineData("npy:out")]
    [InlineData("parquet:out")]
    public async Task What_a_device_computed_wrong_is_listed_and_made_anew_and_every_item_is_in_the_sink_once(string sink)
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, sink, 30);
        await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        Assert.Equal([.. Enumerable.Range(0, 30).Select(i => $"p{i:00000}")], Ids(sink));

        IReadOnlyList<DistrustedItem> listed = await rig.Service.DistrustedAsync(Job, Wrong, default);
        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => $"p{3 * i:00000}")], listed.Select(item => item.Id).Order());
        Assert.All(listed, item => Assert.Equal((Sick, IndexRig.Image(NumberOf(item.Id))), (item.Devices, item.Uri)));
        _isWell = true;
        _asked.Clear();
        DeviceRetryOutcome outcome = await rig.Service.RetryAsync(Job, Wrong, default);
        Assert.Empty(outcome.Left);
        Assert.InRange(outcome.Items, 10, 30);
        JobStatus over = await rig.UntilOverAsync(Job);
        Assert.Equal(("finished", 30L, 30L, outcome.Items), (over.State, over.Done, over.Total, over.Again));
        Assert.Equal([.. Enumerable.Range(0, 30).Select(i => $"p{i:00000}")], Ids(sink));
        Assert.Equal(outcome.Items, _asked.Count);
        Assert.All(_asked, request => Assert.Equal(CacheUse.Refresh, request.Cache));
        if (sink.StartsWith("jsonl", StringComparison.Ordinal))
            Assert.All(File.ReadLines(Path.Combine(_root, "out.jsonl")), AssertRight);

        Assert.Empty(await rig.Service.DistrustedAsync(Job, Wrong, default));
        Assert.Equal((0L, 0), await OutcomeAsync(rig));
        Assert.Equal("finished", (await rig.UntilOverAsync(Job)).State);
    }

    [RedisFact]
    public async Task Another_device_and_another_time_change_nothing()
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, "npy:out", 12);
        await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        string[] files = Files();
        foreach (DistrustedVectors other in (DistrustedVectors[])[
            Wrong with { Device = "w3/cuda:0" }, Wrong with { Device = "cuda:1" }, Wrong with { Since = Noon.AddMinutes(30) },
            new(Sick, Noon.AddHours(-2), Noon.AddHours(-1))])
        {
            Assert.Empty(await rig.Service.DistrustedAsync(Job, other, default));
            Assert.Equal(0, (await rig.Service.RetryAsync(Job, other, default)).Items);
        }
        Assert.Equal(files, Files());
        Assert.Equal(12, (await rig.Service.DistrustedAsync(Job, Wrong with { Device = "cuda:*" }, default)).Count);
    }

    /// <summary>The command may die between any two of its steps: given once more it does the rest, and nothing twice.</summary>
    [RedisTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_command_that_was_killed_is_finished_by_the_next_one_and_puts_no_item_back_twice(int steps)
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, "npy:out", 30);
        IndexWorker worker = await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        await IndexRig.StopAsync(worker);
        _isWell = true;

        IPartStore parts = ((FileSink)Spec("npy:out").Create(Job)).Parts;
        ManifestPart first = (await parts.ListAsync(default)).First(part => part.Origins!.Any(origin => origin.Devices == Sick));
        await parts.WithdrawAsync(first.Part, default);
        ItemLine[] lines = (await parts.Items.ReadAsync(first.Part, default))!;
        JobStore jobs = new(rig.Connection, TimeProvider.System);
        if (steps == 2)
            Assert.Equal(first.Rows, await jobs.WithdrawAsync(Job, first.Part, lines.Select(line => (line.Id, line.Uri!))));

        await rig.Service.RetryAsync(Job, Wrong, default);
        Assert.Equal(0, await jobs.WithdrawAsync(Job, first.Part, lines.Select(line => (line.Id, line.Uri!))));
        await rig.WorkAsync();
        await rig.UntilAsync(Job, status => status.IsOver() && status.Done == 30);
        Assert.Equal([.. Enumerable.Range(0, 30).Select(i => $"p{i:00000}")], Ids("npy:out"));
        Assert.DoesNotContain(Files(), file => file.EndsWith(".withdrawn", StringComparison.Ordinal));
    }

    [RedisFact]
    public async Task A_part_that_is_being_settled_stays_and_is_named()
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, "npy:out", 3);
        await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        ManifestPart part = Assert.Single(await ((FileSink)Spec("npy:out").Create(Job)).Parts.ListAsync(default));
        await rig.Database.HashSetAsync($"vitgrid:index:job:{Job}:intents", part.Part, "1-1");
        DeviceRetryOutcome outcome = await rig.Service.RetryAsync(Job, Wrong, default);
        Assert.Equal((0L, 0), (outcome.Items, outcome.Parts));
        Assert.Contains($"part {part.Part} is just being settled", Assert.Single(outcome.Left), StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => $"p{i:00000}")], Ids("npy:out"));
    }

    [RedisFact]
    public async Task Parts_whose_items_were_not_kept_stay_and_are_named()
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, "npy:out", 3);
        await rig.WorkAsync();
        await rig.UntilOverAsync(Job);
        foreach (string file in Files().Where(file => file.EndsWith(".items.jsonl", StringComparison.Ordinal)))
            File.Delete(file);
        DeviceRetryOutcome outcome = await rig.Service.RetryAsync(Job, Wrong, default);
        Assert.Equal(0, outcome.Items);
        Assert.Contains("was written by a build that kept no items; submit", Assert.Single(outcome.Left), StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_sink_that_is_not_seen_or_reached_from_here_is_refused_by_name()
    {
        await using IndexRig rig = await RigAsync();
        await SubmitAsync(rig, "npy:out", 3);
        IndexException unseen = await Assert.ThrowsAsync<IndexException>(() => rig.Service.RetryAsync(Job, Wrong, default));
        Assert.Contains("run the command on a machine that sees", unseen.Message, StringComparison.Ordinal);
        await rig.Service.OpenJobAsync(
            "table", new(IndexRig.Model, $"pgvector:Host=127.0.0.1;Port={RedisServer.FreePort()};table=t"), ["x"]);
        IndexException table = await Assert.ThrowsAsync<IndexException>(() => rig.Service.RetryAsync("table", Wrong, default));
        Assert.Contains("table=t: cannot take wrong rows out: ", table.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Origins_of_a_part_are_gathered_by_device_with_their_times_and_rows()
    {
        SinkRow[] rows = [.. Enumerable.Range(0, 6).Select(i => new SinkRow($"{i}", new float[1])
        {
            Origin = i == 5 ? null : new(i is 2 or 4 ? Sick : Well, Noon.AddSeconds(i)),
        })];
        PartOrigin[] origins = PartOrigin.Gather(rows)!;
        Assert.Equal(new(Well, Noon, Noon.AddSeconds(3)) { Rows = "0-1,3" }, origins[0]);
        Assert.Equal(new(Sick, Noon.AddSeconds(2), Noon.AddSeconds(4)) { Rows = "2,4" }, origins[1]);
        Assert.Equal(2, origins.Length);
        Assert.Null(Assert.Single(PartOrigin.Gather([rows[2], rows[4]])!).Rows);
        Assert.Null(PartOrigin.Gather([rows[5]]));
        Assert.Equal([0, 1, 3], RowRanges.Read("0-1,3", 4));
        Assert.Equal([0, 1], RowRanges.Read(null, 2));
    }

    [Fact]
    public void An_entry_of_builds_before_has_no_origins_and_one_of_today_says_them()
    {
        ManifestPart before = JsonSerializer.Deserialize<ManifestPart>("""{"part":"p","rows":2,"files":[]}""", SinkJson.OneLine)!;
        Assert.Null(before.Origins);
        string today = JsonSerializer.Serialize(before with { Origins = [new(Sick, Noon, Noon)] }, SinkJson.OneLine);
        Assert.Contains($$"""
            "origins":[{"devices":"{{Sick}}","first":"2026-11-29T12:00:00+00:00","last":"2026-11-29T12:00:00+00:00"}]
            """.Trim(), today, StringComparison.Ordinal);
    }

    private async Task<IndexRig> RigAsync()
    {
        IndexRig rig = await IndexRig.StartAsync();
        rig.Sinks = (job, text) => SinkSpec.Parse(text).Create(job);
        rig.Embed = (request, _) =>
        {
            lock (_asked)
                _asked.Add(request);
            byte number = request.Image.Span[0];
            bool sick = number % 3 == 0 && !_isWell;
            return Task.FromResult(new EmbeddingResult(IndexRig.Vector(sick ? (byte)(number + 1) : number), false, 1, default)
            {
                Origin = new(number % 3 == 0 && !_isWell ? Sick : Well, Noon.AddMinutes(_isWell ? 90 : 10)),
            });
        };
        return rig;
    }

    private SinkSpec Spec(string sink) => SinkSpec.Parse(sink.Insert(sink.IndexOf(':', StringComparison.Ordinal) + 1, _root + "/"));

    private async Task SubmitAsync(IndexRig rig, string sink, int count)
    {
        string source = IndexRig.Source(IndexRig.Numbered(count));
        IndexJob job = await rig.Service.OpenJobAsync(Job, new(IndexRig.Model, Spec(sink).Text) { Normalize = false }, [source]);
        await rig.Service.SubmitAsync(job, [source], 1_000, new(_ => { }, _ => { }), CancellationToken.None);
    }

    private static async Task<(long, int)> OutcomeAsync(IndexRig rig)
    {
        DeviceRetryOutcome outcome = await rig.Service.RetryAsync(Job, Wrong, default);
        return (outcome.Items, outcome.Parts);
    }

    private string[] Files() => [.. Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Order()];

    /// <summary>Ids of every row that a reader of the sink sees, sorted.</summary>
    private string[] Ids(string sink) => sink.Split(':')[0] switch
    {
        "jsonl" => Sorted(File.ReadLines(Path.Combine(_root, "out.jsonl"))),
        "npy" => Sorted(Directory.EnumerateFiles(Path.Combine(_root, "out"), "*.ids.jsonl").SelectMany(File.ReadLines)),
        _ => [.. Directory.EnumerateFiles(Path.Combine(_root, "out"), "*.parquet").SelectMany(
            file => Parts(file).Select(line => line.Id)).Order()],
    };

    /// <summary>A Parquet part's rows are those of its items, which lie beside the manifest under the part's name.</summary>
    private ItemLine[] Parts(string file)
    {
        string part = Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(file)["part-".Length..]);
        return ((FileSink)Spec("parquet:out").Create(Job)).Parts.Items.ReadAsync(part, default).GetAwaiter().GetResult()!;
    }

    private static string[] Sorted(IEnumerable<string> lines) =>
        [.. lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!).Order()];

    private static byte NumberOf(string id) => byte.Parse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);

    private static void AssertRight(string line)
    {
        JsonElement row = JsonDocument.Parse(line).RootElement;
        byte number = NumberOf(row.GetProperty("id").GetString()!);
        Assert.Equal(IndexRig.Vector(number), row.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle()));
    }
}
