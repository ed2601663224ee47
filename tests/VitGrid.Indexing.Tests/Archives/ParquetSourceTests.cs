using System.Security.Cryptography;
using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Submission;
using VitGrid.Runtime.Images;
using VitGrid.Tests.Golden;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>Images in Parquet files that arrow-rs has written: rows, nulls, row groups, pages and encodings.</summary>
public sealed class ParquetSourceTests : IDisposable
{
    private const int Rows = 60, Groups = 3;

    private readonly ArchiveFolder _folder = new();
    private readonly UrlFetcher _urls = new(new(), 1_000, TimeProvider.System);

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(GoldenFiles.PathOf("parquet-images"), "*.parquet").Select(
        file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string?[] Expected => JsonSerializer.Deserialize<string?[]>(
        File.ReadAllText(GoldenFiles.PathOf("parquet-images", "expected.json")))!;

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Each_row_gives_its_own_bytes_and_one_without_image_is_refused_alone(string name)
    {
        string path = Copy(name);
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal(Enumerable.Range(0, Rows).Select(row => $"{path}#{row}"), lines.Select(line => line.Id));
        Assert.Equal(Groups, lines.Select(line => ParquetPlace.Parse(line.Uri)!.Group).Distinct().Count());
        ImageFetch fetch = Fetch(new() { Roots = [_folder.Root] });
        string empty = Convert.ToHexStringLower(SHA256.HashData([]));
        foreach ((int row, string? expected) in Expected.Index())
        {
            Task<byte[]> reading = fetch.Find(lines[row].Uri).Read(CancellationToken.None);
            if (expected is not null && expected != empty)
                Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(await reading)));
            else
                Assert.Contains($"#{row}'", (await Assert.ThrowsAsync<ItemException>(() => reading)).Message, StringComparison.Ordinal);
        }
        Assert.Equal(lines[7].Uri, ParquetPlace.Parse(lines[7].Uri)!.ToString());
    }

    [Fact]
    public async Task Row_groups_are_read_once_by_items_that_come_nearly_in_order()
    {
        ParquetGroups groups = new(1);
        int[] order = [0, 0, 1, 0, 1, 1, 2, 1, 2];
        ParquetGroup group = new([], 1_000);
        foreach (int number in order)
            Assert.Same(group, await groups.GetAsync($"{number}", () => Task.FromResult(group), CancellationToken.None));
        Assert.Equal(3, groups.Read);
        await groups.GetAsync("0", () => Task.FromResult(group), CancellationToken.None);
        Assert.Equal(4, groups.Read);
    }

    [Fact]
    public void A_row_group_above_the_limit_is_told_with_its_bytes_and_no_row_of_it_is_submitted()
    {
        string path = Copy("struct-v1-plain.parquet");
        SourceLine[] lines = [.. ParquetWalk.Read(path, path, maxGroupBytes: 100)];
        Assert.Equal(Groups, lines.Length);
        Assert.All(lines, line => Assert.Contains("allowed are 100 bytes", line.Fault, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_Parquet_or_has_no_images_is_told_by_name_and_the_rest_goes_on()
    {
        string good = Copy("flat-v1-plain.parquet");
        File.WriteAllText(_folder.At("broken.parquet"), "PAR1 and nothing behind");
        SourceLine[] lines = [.. SourceReader.Read([_folder.At("broken.parquet"), good])];
        Assert.StartsWith($"{_folder.At("broken.parquet")}: it cannot be read as Parquet", lines[0].Fault, StringComparison.Ordinal);
        Assert.Equal(Rows, lines.Count(line => line.Fault is null));
    }

    [Fact]
    public void No_row_leads_out_of_the_folders_and_a_file_that_was_replaced_is_told()
    {
        string path = Copy("flat-v1-plain.parquet");
        string uri = SourceReader.Read([path]).First().Uri;
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => Fetch(new() { Roots = ["/usr"] }).Find(uri)));
        ImageFetch fetch = Fetch(new() { Roots = [_folder.Root] });
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => fetch.Find(uri, fromHttp: true)));
        Assert.True(HttpFiles.IsOne(uri));
        Assert.Equal(ApiCode.InvalidUri, CodeOf(() => fetch.Find(uri.Replace("&column=png", "", StringComparison.Ordinal))));
        Assert.Equal(ApiCode.UrlNotAllowed, CodeOf(() => fetch.Find(uri.Replace("file:///", "https://host/", StringComparison.Ordinal))));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(5));
        Assert.Equal(ApiCode.ArchiveChanged, CodeOf(() => fetch.Find(uri)));
    }

    [Theory]
    [InlineData("at=0+20", ApiCode.InvalidUri)]
    [InlineData("at=9+0", ApiCode.FileUnreadable)]
    public async Task A_row_that_is_not_there_is_refused(string at, string code)
    {
        string path = Copy("flat-v1-plain.parquet");
        string uri = SourceReader.Read([path]).First().Uri.Replace("at=0+0", at, StringComparison.Ordinal);
        ImageSource source = Fetch(new() { Roots = [_folder.Root] }).Find(uri);
        Assert.Equal(code, (await Assert.ThrowsAsync<ItemException>(() => source.Read(CancellationToken.None))).Fault.Code);
    }

    [RedisFact]
    public async Task A_job_of_rows_has_a_vector_for_each_image_and_a_dead_letter_for_each_row_without()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { Roots = [_folder.Root] };
        rig.Embed = (_, _) => Task.FromResult(new Engine.Requests.EmbeddingResult(IndexRig.Vector(1), false, 1, default));
        string path = Copy("struct-v2-dictionary.parquet");
        IndexJob job = await rig.Service.OpenJobAsync("job", new(IndexRig.Model, "jsonl:/nowhere/out.jsonl"), [path]);
        await rig.Service.SubmitAsync(job, [path], rig.Options.MaxLength, new(_ => { }, _ => { }), CancellationToken.None);
        await rig.WorkAsync();
        JobStatus over = await rig.UntilOverAsync("job");
        Assert.Equal((42, 18), (over.Done, over.Dead));
        Assert.Equal(42, rig.Store.Ids.Distinct().Count());
    }

    public void Dispose()
    {
        _urls.Dispose();
        _folder.Dispose();
    }

    private static string CodeOf(Action action) => Assert.Throws<ItemException>(action).Fault.Code;

    private string Copy(string name)
    {
        File.Copy(GoldenFiles.PathOf("parquet-images", name), _folder.At(name));
        return _folder.At(name);
    }

    private ImageFetch Fetch(IndexingOptions options) => new(options, new ImageLimits { MaxFileBytes = 1_000 }, _urls);
}
