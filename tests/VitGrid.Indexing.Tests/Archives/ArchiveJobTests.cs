using VitGrid.Engine.Errors;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Work;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>Jobs whose images stand in archives.</summary>
public sealed class ArchiveJobTests : IDisposable
{
    private readonly ArchiveFolder _folder = new();

    [RedisTheory]
    [InlineData("tar")]
    [InlineData("tgz")]
    public async Task Every_image_of_a_list_of_archives_is_there_once_with_what_stood_beside_it_while_workers_come_and_go(string ending)
    {
        await using IndexRig rig = await StartAsync();
        for (int archive = 0; archive < 4; archive++)
        {
            _folder.Write($"s-{archive:00}.{ending}", [.. Enumerable.Range(0, 50).SelectMany(i => ((string, byte[])[])[
                ($"{i:000}.png", [(byte)i, (byte)archive]), ($"{i:000}.json", [(byte)'1'])])]);
        }
        List<string> told = [];
        string source = _folder.At($"s-{{00..03}}.{ending}");
        await SubmitAsync(rig, "job", source, told);
        IndexWorker first = await rig.WorkAsync();
        await rig.UntilAsync("job", status => status.Done > 20);
        await IndexRig.StopAsync(first);
        await rig.WorkAsync();
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal((200, 0), (over.Done, over.Dead));
        Assert.Empty(told);
        Assert.Equal(
            from archive in Enumerable.Range(0, 4)
            from i in Enumerable.Range(0, 50)
            select $"{_folder.At($"s-{archive:00}.{ending}")}#{i:000}.png",
            rig.Store.Ids);
        Assert.All(rig.Store.Rows, row => Assert.Equal("""{"json":1}""", row.Metadata));
        Assert.All(rig.Store.Schemas, schema => Assert.True(schema.Metadata));
    }

    [RedisFact]
    public async Task A_submission_that_was_interrupted_goes_on_in_the_middle_of_an_archive()
    {
        await using IndexRig rig = await StartAsync();
        string source = _folder.Write("a.tar", [.. Enumerable.Range(0, 1_200).Select(
            i => ($"{i:0000}.png", new byte[] { (byte)(i % 200) }))]);
        using CancellationTokenSource ending = new();
        IndexJob job = await rig.Service.OpenJobAsync("job", Settings, [source]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Service.SubmitAsync(
            job, [source], rig.Options.MaxLength, new(_ => { }, _ => ending.Cancel()), ending.Token));
        Assert.Equal(500, (await rig.Service.FindAsync("job")).Cursor);
        await SubmitAsync(rig, "job", source, []);
        await rig.WorkAsync();
        Assert.Equal(1_200, (await rig.UntilOverAsync("job")).Done);
        Assert.Equal(1_200, rig.Store.Ids.Distinct().Count());
    }

    [RedisFact]
    public async Task A_cut_archive_and_one_that_is_replaced_meanwhile_stop_nothing_else()
    {
        await using IndexRig rig = await StartAsync();
        string cut = _folder.Write("0.tar", ("0.png", [1]), ("1.png", new byte[900])), replaced = _folder.Write("1.tar", ("0.png", [2]));
        _folder.Write("2.tar", ("0.png", [3]), ("1.png", [255]));
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^1_500]);
        List<string> told = [];
        await SubmitAsync(rig, "job", _folder.At("{0..2}.tar"), told);
        File.SetLastWriteTimeUtc(replaced, DateTime.UtcNow.AddSeconds(9));
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal([$"{cut}#0.png", $"{_folder.At("2.tar")}#0.png"], rig.Store.Ids);
        Assert.Contains($"{cut}#1.png", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(
            [ApiCode.ArchiveChanged, ApiCode.ImageDecodeFailed], (await rig.DeadAsync("job")).Select(letter => letter.Code).Order());
        Assert.Equal(2, over.Dead);
    }

    public void Dispose() => _folder.Dispose();

    private static JobSettings Settings => new(IndexRig.Model, "jsonl:/nowhere/out.jsonl") { Metadata = true };

    private static async Task SubmitAsync(IndexRig rig, string job, string source, List<string> told)
    {
        IndexJob opened = await rig.Service.OpenJobAsync(job, Settings, [source]);
        await rig.Service.SubmitAsync(opened, [source], rig.Options.MaxLength, new(told.Add, _ => { }), CancellationToken.None);
    }

    private async Task<IndexRig> StartAsync()
    {
        IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { Roots = [_folder.Root] };
        return rig;
    }
}
