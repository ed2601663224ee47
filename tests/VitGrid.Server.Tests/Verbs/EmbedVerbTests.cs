using System.Buffers.Binary;
using System.Text.Json;
using VitGrid.Server.Tests.Api.Texts;
using VitGrid.Server.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>The verb from arguments to output, on the bundled model and the README's images.</summary>
public sealed class EmbedVerbTests : IDisposable
{
    private const int Width = 192;
    private static readonly string Images = Path.Combine(GoldenFiles.Repository, "docs", "images");
    private static readonly ModelRoots Roots = VerbRun.Roots(Path.GetTempPath());
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_gives_a_unit_vector_for_each_image_in_path_order()
    {
        VerbRun run = await VerbRun.RunAsync("embed", Images);

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        string[] files = [.. Directory.GetFiles(Images, "*.png").Order(StringComparer.Ordinal)];
        Assert.Equal(files, run.Lines.Select(line => Parse(line).GetProperty("file").GetString()));
        Assert.Equal(Enumerable.Range(0, files.Length), run.Lines.Select(line => Parse(line).GetProperty("index").GetInt32()));
        Assert.All(run.Lines, line =>
        {
            Assert.Equal("internvit-nano", Parse(line).GetProperty("model").GetString());
            Assert.Equal(Width, Parse(line).GetProperty("dimensions").GetInt32());
            Assert.Equal(1, VectorOf(line).Sum(value => (double)value * value), 1e-6);
        });
    }

    [Fact]
    public async Task An_image_has_the_same_vector_alone_in_a_folder_and_in_any_number_of_segments()
    {
        string image = Path.Combine(Images, "fish.png");
        float[] alone = VectorOf(Assert.Single((await VerbRun.RunAsync("embed", image)).Lines));

        VerbRun folder = await VerbRun.RunAsync("embed", Images);
        VerbRun cut = await VerbRun.RunAsync("embed", Images, "--segments", "3", "--devices", "cpu:0,cpu:1");
        VerbRun piped = await VerbRun.RunAsync(Roots, await File.ReadAllBytesAsync(image), false, default, "embed", "-");

        Assert.Equal(alone, VectorOf(folder.Lines.Single(line => Parse(line).GetProperty("file").GetString() == image)));
        Assert.Equal(alone, VectorOf(Assert.Single(piped.Lines)));
        Assert.Equal(folder.Out, cut.Out);
    }

    [Fact]
    public async Task Texts_and_the_lines_of_a_file_have_the_vectors_of_the_card()
    {
        (string Text, int[] Ids, float[] Unit)[] captions =
            [.. TextServer.Captions.Where(caption => !caption.Text.Contains('\n', StringComparison.Ordinal))];
        string file = _folder.Write("captions.txt", string.Join('\n', captions[1..].Select(caption => caption.Text)) + "\n\n");

        VerbRun run = await VerbRun.RunAsync("embed", "--text", captions[0].Text, "--text", $"@{file}");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(captions.Select(caption => caption.Text), run.Lines.Select(line => Parse(line).GetProperty("text").GetString()));
        Assert.All(run.Lines, line => Assert.False(Parse(line).TryGetProperty("file", out _)));
        Assert.All(captions.Zip(run.Lines), pair => Assert.InRange(
            pair.First.Unit.Zip(VectorOf(pair.Second), (x, y) => Math.Abs(x - y)).Max(), 0, 4e-6));
    }

    [Fact]
    public async Task A_text_for_a_model_without_a_text_tower_fails_alone_beside_an_image()
    {
        VerbRun run = await VerbRun.RunAsync(
            "embed", Path.Combine(Images, "boat.png"), "--text", "a boat", "--model", "internvit-nano");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("invalid_request", Parse(run.Lines[1]).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_bad_file_among_good_ones_is_told_and_exits_2()
    {
        string bad = _folder.Write("bad.png", "this is no image");

        VerbRun run = await VerbRun.RunAsync("embed", Path.Combine(Images, "boat.png"), bad, Path.Combine(Images, "tree.png"));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(3, run.Lines.Count);
        Assert.Equal("unsupported_image_format", Parse(run.Lines[1]).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("1 of 3 images failed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neighbours_of_an_image_are_its_variants()
    {
        VerbRun run = await VerbRun.RunAsync("embed", Images, "--neighbours", "1", "--out", _folder.At("vectors.jsonl"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(run.Lines.Count, File.ReadAllLines(_folder.At("vectors.jsonl")).Length);
        Assert.All(run.Lines, line =>
        {
            JsonElement nearest = Assert.Single(Parse(line).GetProperty("neighbours").EnumerateArray());
            Assert.Equal(Drawing(Parse(line)), Drawing(nearest));
        });
    }

    [Fact]
    public async Task On_a_terminal_neighbours_are_a_table()
    {
        VerbRun run = await VerbRun.RunAsync(Roots, [], onTerminal: true, default, "embed", Images, "--neighbours", "1");

        Assert.Contains("nearest (cosine)", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("{", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_array_holds_the_same_numbers_as_the_lines()
    {
        VerbRun lines = await VerbRun.RunAsync("embed", Images, "--pooling", "cls+mean", "--normalize", "false");
        VerbRun array = await VerbRun.RunAsync(
            "embed", Images, "--pooling", "cls+mean", "--normalize", "false", "--output", "npy", "--out", _folder.At("v.npy"));

        Assert.Equal(0, array.ExitCode);
        Assert.Empty(array.Out);
        byte[] bytes = await File.ReadAllBytesAsync(_folder.At("v.npy"));
        float[] expected = [.. lines.Lines.SelectMany(VectorOf)];
        Assert.Equal(lines.Lines.Count * 2 * Width, expected.Length);
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(
            i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(128 + (4 * i)))));
    }

    [Fact]
    public async Task Verbose_tells_seconds_rate_and_memory_on_stderr_alone()
    {
        VerbRun quiet = await VerbRun.RunAsync("embed", Images);
        VerbRun verbose = await VerbRun.RunAsync("embed", Images, "--verbose");

        Assert.Equal(quiet.Out, verbose.Out);
        Assert.Matches(@"15 images in [0-9.e+-]+ s: [0-9.e+-]+ s an image, [0-9.e+-]+ images/s", verbose.Error);
        Assert.Matches("peak memory [0-9.]+ [MG]iB", verbose.Error);
    }

    [Fact]
    public async Task An_ignored_orientation_is_told_once_and_applied_when_asked()
    {
        string turned = GoldenFiles.PathOf("preprocess", "images", "exif-6.jpg"), upright = Path.Combine(Images, "boat.png");
        VerbRun silent = await VerbRun.RunAsync("embed", turned, upright, "--exif", "ignore");
        VerbRun told = await VerbRun.RunAsync("embed", turned, upright);
        VerbRun applied = await VerbRun.RunAsync("embed", turned, upright, "--exif", "apply");

        Assert.Equal(("", "", 0), (silent.Error, applied.Error, told.ExitCode));
        Assert.Equal($"vitgrid: 1 of 2 images have an EXIF orientation, which was ignored (first: {turned}, orientation 6); "
            + "--exif apply turns them upright, --exif ignore says nothing of it\n", told.Error);
        Assert.Equal(silent.Out, told.Out);
        Assert.NotEqual(VectorOf(told.Lines[0]), VectorOf(applied.Lines[0]));
        Assert.Equal(VectorOf(told.Lines[1]), VectorOf(applied.Lines[1]));
    }

    [Fact]
    public async Task A_folder_without_images_fails_and_says_so()
    {
        VerbRun run = await VerbRun.RunAsync("embed", _folder.Root);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"no images below {_folder.Root}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_leaves_no_file_and_fails()
    {
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();

        VerbRun run = await VerbRun.RunAsync(Roots, [], false, stop.Token, "embed", Images, "--out", _folder.At("x.jsonl"));

        Assert.Equal((1, "vitgrid: cancelled\n"), (run.ExitCode, run.Error));
        Assert.Empty(_folder.Remaining());
    }

    [Fact]
    public async Task An_unknown_profile_is_wrong_usage_that_lists_the_known_ones()
    {
        VerbRun run = await VerbRun.RunAsync("embed", Images, "--preprocess", "stretch");

        Assert.Equal(64, run.ExitCode);
        Assert.Contains("--preprocess: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("squash@pillow13", run.Error, StringComparison.Ordinal);
    }

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;

    private static float[] VectorOf(string line) =>
        [.. Parse(line).GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];

    private static string Drawing(JsonElement image) =>
        Path.GetFileNameWithoutExtension(image.GetProperty("file").GetString()!).Split('-')[0];
}
