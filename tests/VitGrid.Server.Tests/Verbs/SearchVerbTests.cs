using System.Text.Json;
using VitGrid.Server.Tests.Api.Texts;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary><c>vitgrid search</c> by images and by words, on the drawings that clip-nano ships with.</summary>
public sealed class SearchVerbTests : IDisposable
{
    private static readonly string Demo = Path.Combine(Path.GetDirectoryName(GoldenFiles.Nano)!, "clip-nano", "demo");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_image_finds_itself_and_then_the_nearest_by_the_reference_vectors()
    {
        string photos = Photos();
        string query = Path.Combine(Demo, "drawing-3.png");

        VerbRun run = await VerbRun.RunAsync("search", photos, query, "--top", "10");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement line = Parse(Assert.Single(run.Lines));
        Assert.Equal((query, "image", "clip-nano"), (Text(line, "query"), Text(line, "kind"), Text(line, "model")));
        (string File, float Cosine)[] found = Matches(line, "file");
        Dictionary<string, float[]> reference = Reference();
        Assert.Equal(
            reference.Keys.OrderByDescending(name => Dot(reference["drawing-3.png"], reference[name])),
            found.Select(match => Path.GetFileName(match.File)));
        Assert.All(found, match => Assert.Equal(
            Dot(reference["drawing-3.png"], reference[Path.GetFileName(match.File)]), match.Cosine, 5e-4));
        Assert.Equal(Path.Join(photos, "drawing-3.png"), found[0].File);
    }

    [Fact]
    public async Task Vectors_are_made_once_and_an_image_that_changes_is_made_anew()
    {
        string photos = Photos();
        string query = Path.Combine(Demo, "own-5.png");
        string gone = Path.Combine(photos, "own-5.png"), touched = Path.Combine(photos, "own-1.png");
        Assert.Equal("own-5.png", await NearestAsync(photos, query));

        // Same length, same time: nobody looks into it again.
        (DateTime written, int length) = (File.GetLastWriteTimeUtc(gone), (int)new FileInfo(gone).Length);
        await File.WriteAllBytesAsync(gone, new byte[length]);
        File.SetLastWriteTimeUtc(gone, written);
        Assert.Equal("own-5.png", await NearestAsync(photos, query));

        File.Copy(query, touched, overwrite: true);
        File.SetLastWriteTimeUtc(touched, written.AddSeconds(1));
        File.Delete(gone);
        Assert.Equal("own-1.png", await NearestAsync(photos, query));
    }

    [Fact]
    public async Task Kept_vectors_that_were_cut_or_are_of_another_precision_are_not_used()
    {
        string photos = Photos();
        string query = Path.Combine(Demo, "own-5.png");
        VerbRun first = await VerbRun.RunAsync("search", photos, query);
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(photos, ".vitgrid")));
        byte[] whole = await File.ReadAllBytesAsync(kept);
        foreach (int bytes in (int[])[whole.Length - 1, 100, 16, 3, 0])
        {
            await File.WriteAllBytesAsync(kept, whole[..bytes]);
            Assert.Equal(first.Out, (await VerbRun.RunAsync("search", photos, query)).Out);
            Assert.Equal(whole, await File.ReadAllBytesAsync(kept));
        }
        Assert.Equal(0, (await VerbRun.RunAsync("search", photos, query, "--precision", "int8")).ExitCode);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(photos, ".vitgrid")).Length);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_searched_all_the_same()
    {
        string photos = Photos();
        await File.WriteAllTextAsync(Path.Combine(photos, ".vitgrid"), "in the way");

        VerbRun run = await VerbRun.RunAsync("search", photos, Path.Combine(Demo, "own-5.png"), "--top", "1");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("own-5.png", Path.GetFileName(Assert.Single(Matches(Parse(run.Out), "file")).File));
        Assert.Contains("the vectors are made anew each time, since they cannot be kept", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_image_in_the_folder_and_a_broken_query_are_told_and_exit_2()
    {
        string photos = Photos();
        await File.WriteAllTextAsync(Path.Combine(photos, "broken.png"), "this is no image");
        string bad = _folder.Write("query.png", "nor is this");

        VerbRun run = await VerbRun.RunAsync("search", photos, bad, Path.Combine(Demo, "own-2.png"), "--top", "1");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("unsupported_image_format", Text(Parse(run.Lines[0]).GetProperty("error"), "code"));
        Assert.Equal("own-2.png", Path.GetFileName(Assert.Single(Matches(Parse(run.Lines[1]), "file")).File));
        Assert.Contains("1 of 11 images failed", run.Error, StringComparison.Ordinal);
        Assert.Contains(bad, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("npy")]
    [InlineData("parquet")]
    public async Task What_embed_has_written_is_searched_with_the_same_cosines(string format)
    {
        string query = Path.Combine(Demo, "drawing-1.png"), vectors = _folder.At($"vectors.{format}");
        await VerbRun.RunAsync("embed", Demo, "--model", "clip-nano", "--output", format, "--out", vectors);
        VerbRun folder = await VerbRun.RunAsync("search", Photos(), query, "--top", "4");

        VerbRun index = await VerbRun.RunAsync("search", vectors, query, "--top", "4");

        Assert.Equal((0, ""), (index.ExitCode, index.Error));
        Assert.Equal(
            Matches(Parse(folder.Out), "file").Select(match => (Path.GetFileName(match.File), match.Cosine)),
            Matches(Parse(index.Out), "id").Select(match => (Path.GetFileName(match.File), match.Cosine)));
    }

    [Fact]
    public async Task An_index_of_another_model_or_width_is_refused_by_name()
    {
        string query = Path.Combine(Demo, "drawing-1.png");
        await VerbRun.RunAsync("embed", Demo, "--model", "internvit-nano", "--output", "npy", "--out", _folder.At("v.npy"));
        VerbRun width = await VerbRun.RunAsync("search", _folder.At("v.npy"), query);
        Assert.Equal(1, width.ExitCode);
        Assert.Contains("have 192 numbers, those of model 'clip-nano' 128", width.Error, StringComparison.Ordinal);

        _folder.Write("x.jsonl", """{"id":"a","model":"gone","dimensions":2,"embedding":[1,2]}""");
        VerbRun absent = await VerbRun.RunAsync("search", _folder.At("x.jsonl"), query);
        Assert.Equal(1, absent.ExitCode);
        Assert.Contains("was made with a model 'gone'; name its folder with --model", absent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_neither_a_folder_of_images_nor_an_index_is_refused()
    {
        string query = Path.Combine(Demo, "drawing-1.png");
        VerbRun absent = await VerbRun.RunAsync("search", _folder.At("absent"), query);
        Assert.Contains("is neither a folder of images nor an index", absent.Error, StringComparison.Ordinal);
        VerbRun empty = await VerbRun.RunAsync("search", _folder.Root, query);
        Assert.Contains("holds neither images (.jpg, .png, .webp or the like) nor an index", empty.Error, StringComparison.Ordinal);
        Assert.Equal((1, 1), (absent.ExitCode, empty.ExitCode));
    }

    [Fact]
    public async Task On_a_terminal_the_hits_are_a_table_and_lines_where_they_are_asked_for()
    {
        string photos = Photos(), query = Path.Combine(Demo, "own-4.png");
        VerbRun table = await VerbRun.RunAsync(
            VerbRun.Roots(_folder.Root), [], onTerminal: true, default, "search", photos, query, "--top", "2");
        Assert.Contains("cosine", table.Out, StringComparison.Ordinal);
        Assert.Contains("1.000", table.Out, StringComparison.Ordinal);
        VerbRun lines = await VerbRun.RunAsync(
            VerbRun.Roots(_folder.Root), [], onTerminal: true, default, "search", photos, query, "--top", "2", "--json");
        Assert.Equal(2, Matches(Parse(lines.Out), "file").Length);
    }

    [Fact]
    public async Task The_cards_queries_find_the_cards_drawings_and_an_image_may_be_asked_beside_words()
    {
        string photos = Photos();
        string[] words = [.. TextServer.Queries.Select(query => query.Text)];

        VerbRun run = await VerbRun.RunAsync(["search", photos, .. words, Path.Combine(Demo, "own-5.png"), "--top", "10"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([.. words.Select(_ => "text"), "image"], run.Lines.Select(line => Text(Parse(line), "kind")));
        foreach ((string line, (string Text, (string File, double Cosine)[] Ranking) query) in run.Lines.Zip(TextServer.Queries))
        {
            (string File, float Cosine)[] found = Matches(Parse(line), "file");
            Assert.Equal(query.Ranking[0].File, Path.GetFileName(found[0].File));
            Assert.All(found, match => Assert.Equal(
                query.Ranking.Single(hit => hit.File == Path.GetFileName(match.File)).Cosine, match.Cosine, 1e-3));
        }
    }

    [Fact]
    public async Task Words_for_a_model_that_embeds_images_alone_are_refused()
    {
        VerbRun run = await VerbRun.RunAsync("search", Photos(), "a cat", "--model", "internvit-nano");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("model 'internvit-nano' embeds images, not words", run.Error, StringComparison.Ordinal);
    }

    private static async Task<string> NearestAsync(string photos, string query) =>
        Path.GetFileName(Matches(Parse((await VerbRun.RunAsync("search", photos, query, "--top", "1")).Out), "file")[0].File);

    private static (string File, float Cosine)[] Matches(JsonElement line, string name) =>
    [
        .. line.GetProperty("matches").EnumerateArray().Select(
            match => (match.GetProperty(name).GetString()!, match.GetProperty("cosine").GetSingle())),
    ];

    private static Dictionary<string, float[]> Reference()
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Demo, "..", "expected.json")));
        return expected.RootElement.GetProperty("pictures").EnumerateArray().ToDictionary(
            picture => picture.GetProperty("file").GetString()!.Split('/')[^1],
            picture => picture.GetProperty("embed").EnumerateArray().Select(number => number.GetSingle()).ToArray());
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private string Photos()
    {
        string photos = _folder.At("photos");
        Directory.CreateDirectory(photos);
        foreach (string image in Directory.GetFiles(Demo, "*.png"))
            File.Copy(image, Path.Combine(photos, Path.GetFileName(image)));
        return photos;
    }
}
