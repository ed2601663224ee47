using System.Collections.Concurrent;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Submission;
using VitGrid.Indexing.Work;
using VitGrid.LoadTest.Objects;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>Jobs whose images lie in a store.</summary>
public sealed class S3JobTests : IAsyncLifetime
{
    private static readonly JobSettings Settings = new(IndexRig.Model, "jsonl:/nowhere/out.jsonl");

    private S3Rig _rig = null!;

    public async Task InitializeAsync() => _rig = await S3Rig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [RedisFact]
    public async Task A_job_of_a_bucket_has_each_vector_once_while_workers_come_and_go_and_its_store_falters()
    {
        await using IndexRig rig = await StartAsync();
        string source = WriteArchives(3, 100);
        await SubmitAsync(rig, "job", source, []);
        _rig.Server.Fault = _ => Random.Shared.Next(8) switch { 0 => 503, 1 => S3Server.Cut, _ => 0 };
        IndexWorker first = await rig.WorkAsync();
        await rig.UntilAsync("job", status => status.Done > 20);
        await IndexRig.StopAsync(first);
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal((300, 0), (over.Done, over.Dead));
        Assert.Equal(
            from archive in Enumerable.Range(0, 3)
            from i in Enumerable.Range(0, 100)
            select $"s3://public-images/s-{archive}.tar#{i:000}.png",
            rig.Store.Ids);
    }

    [RedisFact]
    public async Task A_submission_that_was_interrupted_goes_on_in_the_middle_of_an_archive()
    {
        await using IndexRig rig = await StartAsync();
        string source = WriteArchives(2, 700);
        using CancellationTokenSource ending = new();
        IndexJob job = await rig.Service.OpenJobAsync("job", Settings, [source]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Service.SubmitAsync(
            job, _rig.Read(source), rig.Options.MaxLength, new(_ => { }, _ => ending.Cancel()), ending.Token));
        Assert.Equal(500, (await rig.Service.FindAsync("job")).Cursor);
        await SubmitAsync(rig, "job", source, []);
        await rig.WorkAsync();
        Assert.Equal(1_400, (await rig.UntilOverAsync("job")).Done);
        Assert.Equal(1_400, rig.Store.Ids.Distinct().Count());
    }

    [RedisFact]
    public async Task Whatever_is_wrong_with_an_object_is_told_by_item_and_stops_nothing_else()
    {
        await using IndexRig rig = await StartAsync();
        foreach (string name in (string[])["changed", "cut", "denied", "gone", "good", "short", "slow", "still"])
            _rig.Folder.Write($"public-images/{name}.tar", ("0.png", [5]), ("1.png", new byte[900]));
        string cut = _rig.At("public-images/short.tar");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^1_500]);
        List<string> told = [];
        await SubmitAsync(rig, "job", "s3://public-images/", told);
        Assert.Contains("s3://public-images/short.tar#1.png: the archive breaks off", Assert.Single(told), StringComparison.Ordinal);

        File.Delete(_rig.At("public-images/gone.tar"));
        File.SetLastWriteTimeUtc(_rig.At("public-images/changed.tar"), DateTime.UtcNow.AddSeconds(9));
        ConcurrentDictionary<string, int> asked = [];
        _rig.Server.Fault = request => (Path.GetFileNameWithoutExtension(request.Path.Value), asked.AddOrUpdate(
            request.Path.Value!, 1, (_, count) => count + 1)) switch
        {
            ("denied", _) => 403,
            ("slow", <= 2) => 503,
            ("cut", <= 2) => S3Server.Cut,
            ("still", 1) => S3Server.Stall,
            _ => 0,
        };
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal(
            ["cut#0", "cut#1", "good#0", "good#1", "short#0", "slow#0", "slow#1", "still#0", "still#1"],
            rig.Store.Ids.Select(id => Path.GetFileNameWithoutExtension(id.Replace(".tar", "", StringComparison.Ordinal))).Order());
        DeadLetter[] letters = await rig.DeadAsync("job");
        Assert.Equal((9, 6, 6), (over.Done, over.Dead, letters.Length));
        Assert.Equal(
            [("changed", ApiCode.ArchiveChanged), ("denied", ApiCode.FileUnreadable), ("gone", ApiCode.FileNotFound)],
            letters.Select(letter => (letter.Id.Split('/')[3].Split('.')[0], letter.Code)).Distinct().Order());
    }

    [RedisFact]
    public async Task Whatever_is_wrong_with_a_clients_object_it_hears_one_text()
    {
        await using IndexRig rig = await StartAsync();
        rig.Options = rig.Options with { MaxAttempts = 1, S3 = _rig.Options with { HttpBuckets = ["public-images/deep/"] } };
        File.WriteAllBytes(_rig.At("public-images/deep/good.png"), [5]);
        File.WriteAllBytes(_rig.At("public-images/secret.png"), [6]);
        string[] keys = ["deep/good.png", "deep/none.png", "deep/denied.png", "secret.png", "none.png"];
        _rig.Server.Fault = request => request.Path.Value!.Contains("denied", StringComparison.Ordinal) ? 403 : 0;
        string batch = BatchRecord.NewId();
        await rig.Service.SubmitAsync(
            await rig.Service.OpenJobAsync(batch, Settings, []),
            keys.Select(key => new SourceLine(key, $"s3://public-images/{key}")), 100, new(_ => { }, _ => { }), CancellationToken.None);
        await rig.WorkAsync();
        await rig.UntilOverAsync(batch);
        Assert.Equal(["deep/good.png"], rig.Store.Ids);
        DeadLetter[] letters = await rig.DeadAsync(batch);
        Assert.Equal(keys.Length - 1, letters.Length);
        (string Code, string Message) told = Assert.Single(letters.Select(letter => (letter.Code, letter.Message)).Distinct());
        Assert.Equal(ApiCode.UrlFetchFailed, told.Code);
        Assert.Contains(rig.Log.Lines, line => line.Contains("deep/denied.png may not be read", StringComparison.Ordinal));
    }

    private string WriteArchives(int archives, int images)
    {
        for (int archive = 0; archive < archives; archive++)
        {
            _rig.Folder.Write(
                $"public-images/s-{archive}.tar",
                [.. Enumerable.Range(0, images).Select(i => ($"{i:000}.png", new byte[] { (byte)(i % 200), (byte)archive }))]);
        }
        return $"s3://public-images/s-{{0..{archives - 1}}}.tar";
    }

    private async Task SubmitAsync(IndexRig rig, string job, string source, List<string> told)
    {
        IndexJob opened = await rig.Service.OpenJobAsync(job, Settings, [source]);
        await rig.Service.SubmitAsync(
            opened, _rig.Read(source), rig.Options.MaxLength, new(told.Add, _ => { }), CancellationToken.None);
    }

    private async Task<IndexRig> StartAsync()
    {
        IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { S3 = _rig.Options with { TimeoutMilliseconds = 1_000 } };
        return rig;
    }
}
