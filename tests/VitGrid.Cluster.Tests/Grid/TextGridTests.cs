using System.Globalization;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;
using VitGrid.Tests.Golden;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Texts in a whole grid: from a string to the vector that the model's class gives, beside images under one name.</summary>
public sealed class TextGridTests
{
    private const double UnitTolerance = 4e-6;

    public static TheoryData<string> Models => [.. TextModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_string_becomes_the_vector_that_the_class_gives(string model)
    {
        await using TextGrid grid = await TextGrid.StartAsync(model);
        ExpectedText[] rows = TextModels.Rows(model);
        int others = 0;
        foreach (ExpectedText row in rows)
        {
            TokenIds ids = await grid.TokenizeAsync(row.Text);
            if (!ids.Ids.Span.SequenceEqual(row.Ids))
            {
                // What OpenCLIP's own tokenizer does otherwise with odd texts; the vector is that of its ids.
                others++;
                ids = TextTokenizers.Accept(grid.Grid.Catalog.Models[0], row.Ids);
            }
            EmbeddingResult result = await grid.EmbedAsync(ids);
            Assert.Equal(ids.Count, result.Tokens);
            float[] expected = UnitLength.Normalize(row.Vector), actual = UnitLength.Normalize(result.Vector.Span);
            Assert.InRange(expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max(), 0, UnitTolerance);
        }
        Assert.InRange(others, 0, model.StartsWith("openclip", StringComparison.Ordinal) ? rows.Length / 4 : 0);
    }

    [Fact]
    public async Task The_shipped_default_gives_the_vectors_that_it_was_shipped_with()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with
        {
            Models = [new() { Name = "clip-nano", Directory = TextModels.Nano }],
        });
        foreach (ExpectedText row in TextModels.NanoRows())
        {
            TokenIds ids = await grid.Get<TextTokenizers>().TokenizeAsync(grid.Catalog.Models[0], row.Text, true, CancellationToken.None);
            Assert.Equal(row.Ids, ids.Ids.ToArray());
            EmbeddingResult result = await grid.EmbedAsync(new() { Model = "clip-nano", Text = ids });
            float[] actual = UnitLength.Normalize(result.Vector.Span);
            Assert.InRange(row.Vector.Zip(actual, (left, right) => Math.Abs(left - right)).Max(), 0, UnitTolerance);
        }
    }

    [Fact]
    public async Task One_name_serves_images_and_texts_and_each_tower_has_its_own_revision()
    {
        await using TextGrid grid = await TextGrid.StartAsync("clip-openai");
        ModelInfo served = Assert.Single(grid.Grid.Catalog.Models);
        Assert.Equal(["two", "two#text"], grid.Grid.Catalog.Towers.Select(tower => tower.Name));
        Assert.True(served.TakesImages);
        ModelInfo tower = served.TextTower!;
        Assert.Equal(("two", ModelState.Ready), (tower.ServedName, tower.State));
        Assert.Equal((77, 844), (tower.Text!.ContextLength, tower.Text.VocabularySize));
        Assert.Equal("clip", tower.Text.Tokenizer);
        Assert.Equal(served.Dimensions, tower.Dimensions);
        Assert.NotEqual(served.Fingerprint, tower.Fingerprint);
        Assert.Null(grid.Grid.Catalog.Find("two#text"));
        Assert.NotNull(grid.Grid.Catalog.FindTower("two#text"));
        Assert.Equal(served.Dimensions, (await grid.Grid.EmbedAsync(Image(1))).Vector.Length);
    }

    [Theory]
    [InlineData("clip-openai")]
    [InlineData("siglip2")]
    public async Task A_text_is_bit_for_bit_the_same_alone_in_a_batch_among_images_and_cut_in_segments(string model)
    {
        await using TextGrid whole = await TextGrid.StartAsync(model), cut = await TextGrid.StartAsync(model, segments: 2);
        ExpectedText[] rows = TextModels.Rows(model);
        List<TokenIds> texts = [];
        foreach (ExpectedText row in rows)
            texts.Add(await whole.TokenizeAsync(row.Text));
        List<float[]> alone = [];
        foreach (TokenIds text in texts)
            alone.Add((await whole.EmbedAsync(text, CacheUse.Bypass)).Vector.ToArray());

        Task<EmbeddingResult>[] together = [.. texts.Select(text => whole.EmbedAsync(text, CacheUse.Bypass))];
        Task<EmbeddingResult>[] images = [.. Enumerable.Range(0, 8).Select(
            seed => whole.Grid.EmbedAsync(Image((byte)seed) with { Cache = CacheUse.Bypass }))];
        Task<EmbeddingResult>[] segmented = [.. texts.Select(text => cut.EmbedAsync(text, CacheUse.Bypass))];
        await Task.WhenAll([.. together, .. images, .. segmented]);
        for (int i = 0; i < texts.Count; i++)
        {
            Assert.Equal(alone[i], (await together[i]).Vector.ToArray());
            Assert.Equal(alone[i], (await segmented[i]).Vector.ToArray());
        }
    }

    [Fact]
    public async Task The_cache_knows_texts_by_their_ids()
    {
        await using TextGrid grid = await TextGrid.StartAsync("clip-openai");
        EmbeddingResult first = await grid.EmbedAsync(await grid.TokenizeAsync("A photo of a  lizard"));
        Assert.False(first.FromCache);
        EmbeddingResult same = await grid.EmbedAsync(await grid.TokenizeAsync("a photo of a lizard "));
        Assert.True(same.FromCache);
        Assert.Equal(first.Vector.ToArray(), same.Vector.ToArray());
        Assert.False((await grid.EmbedAsync(await grid.TokenizeAsync("a photo of a wizard"))).FromCache);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_cut_or_refused_as_the_caller_says()
    {
        await using TextGrid grid = await TextGrid.StartAsync("clip-openai");
        string text = string.Join(' ', Enumerable.Repeat("lizard", 100));
        TokenIds cut = await grid.TokenizeAsync(text);
        Assert.Equal((77, true), (cut.Count, cut.IsTruncated));
        Assert.True(cut.Untruncated > 77);
        GridException refusal = await Assert.ThrowsAsync<GridException>(async () => await grid.TokenizeAsync(text, truncate: false));
        Assert.Equal(GridFault.InvalidRequest, refusal.Fault);
        Assert.Contains(cut.Untruncated.ToString(CultureInfo.InvariantCulture), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("77", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10_000_000, 'a')]
    [InlineData(1, '\ud83d')]
    public async Task A_text_of_ten_megabytes_and_half_a_character_are_refused_by_name(int times, char piece)
    {
        await using TextGrid grid = await TextGrid.StartAsync("clip-openai");
        string text = new(piece, times);
        GridException refusal = await Assert.ThrowsAsync<GridException>(async () => await grid.TokenizeAsync(text));
        Assert.Equal(GridFault.InvalidRequest, refusal.Fault);
        Assert.Contains("'two'", refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty((await grid.EmbedAsync(await grid.TokenizeAsync(""))).Vector.ToArray());
    }

    [Fact]
    public async Task Ids_of_another_tokenizer_and_empty_ones_are_refused()
    {
        await using TextGrid grid = await TextGrid.StartAsync("clip-openai");
        ModelInfo model = grid.Grid.Catalog.Models[0];
        int[][] wrong = [[101, 2023, 102], [-1], [], [.. Enumerable.Repeat(1, 78)]];
        Assert.All(wrong, ids => Assert.Equal(
            GridFault.InvalidRequest, Assert.Throws<GridException>(() => TextTokenizers.Accept(model, ids)).Fault));
        ExpectedText row = TextModels.Rows("clip-openai")[0];
        TokenIds own = await grid.TokenizeAsync(row.Text);
        Assert.Equal(row.Ids, own.Ids.ToArray());
        Assert.Equal(
            (await grid.EmbedAsync(own)).Vector.ToArray(), (await grid.EmbedAsync(TextTokenizers.Accept(model, row.Ids))).Vector.ToArray());
    }

    [Fact]
    public async Task A_model_without_a_text_tower_takes_no_text_and_a_text_tower_no_image()
    {
        await using TestGrid images = await TestGrid.StartAsync(TestGrid.Options());
        GridException noText = await Assert.ThrowsAsync<GridException>(async () => await images.Get<TextTokenizers>().TokenizeAsync(
            images.Catalog.Models[0], "words", true, CancellationToken.None));
        Assert.Contains("'tiny' takes images", noText.Message, StringComparison.Ordinal);

        await using TextGrid texts = await TextGrid.StartAsync("clip-text-projection");
        ModelInfo model = Assert.Single(texts.Grid.Catalog.Models);
        Assert.Same(model, model.TextTower);
        Assert.False(model.TakesImages);
        GridException noImage = await Assert.ThrowsAsync<GridException>(() => texts.Grid.EmbedAsync(Image(1)));
        Assert.Equal(GridFault.InvalidRequest, noImage.Fault);
    }

    [Fact]
    public async Task What_is_asked_of_images_alone_is_refused_for_a_text()
    {
        await using TextGrid grid = await TextGrid.StartAsync("siglip");
        TokenIds ids = await grid.TokenizeAsync("a lizard");
        EmbeddingRequest text = new() { Model = "two", Text = ids };
        EmbeddingRequest[] wrong =
        [
            text with { Layer = 0 }, text with { Pooling = VitGrid.Model.Encoders.Pooling.Mean }, text with { Preprocess = "crop" },
        ];
        foreach (EmbeddingRequest request in wrong)
            Assert.Equal(GridFault.InvalidRequest, (await Assert.ThrowsAsync<GridException>(() => grid.Grid.EmbedAsync(request))).Fault);
        Assert.NotEmpty((await grid.Grid.EmbedAsync(text with { Layer = 2 })).Vector.ToArray());
    }

    [Fact]
    public async Task Lower_casing_of_SigLIP_2_is_a_setting()
    {
        await using TextGrid lower = await TextGrid.StartAsync("siglip2"), cased = await TextGrid.StartAsync("siglip2", lowerCase: false);
        Assert.Equal((await lower.TokenizeAsync("a LIZARD")).Ids.ToArray(), (await lower.TokenizeAsync("a lizard")).Ids.ToArray());
        Assert.NotEqual((await cased.TokenizeAsync("a LIZARD")).Ids.ToArray(), (await cased.TokenizeAsync("a lizard")).Ids.ToArray());
    }

    [Fact]
    public async Task Without_a_tokenizer_ids_are_taken_and_strings_are_told_why_not()
    {
        string folder = TextModels.Copy("clip-openai");
        string[] kept = ["config.json", "model.safetensors"];
        foreach (string file in Directory.EnumerateFiles(folder).Where(file => !kept.Contains(Path.GetFileName(file))))
            File.Delete(file);
        await using TextGrid grid = await TextGrid.StartInAsync(folder);
        GridException refusal = await Assert.ThrowsAsync<GridException>(async () => await grid.TokenizeAsync("words"));
        Assert.Contains("tokenizer", refusal.Message, StringComparison.Ordinal);
        ExpectedText row = TextModels.Rows("clip-openai")[0];
        TokenIds ids = TextTokenizers.Accept(grid.Grid.Catalog.Models[0], row.Ids);
        float[] expected = UnitLength.Normalize(row.Vector), actual = UnitLength.Normalize((await grid.EmbedAsync(ids)).Vector.Span);
        Assert.InRange(expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max(), 0, UnitTolerance);
    }

    [Fact]
    public void A_name_that_the_grid_uses_itself_is_refused()
    {
        GridOptions options = TestGrid.Options() with { Models = [new() { Name = "two#text", Directory = "/models/two" }] };
        Assert.Contains(options.Faults(new("VitGrid")), fault => fault.Contains("two#text", StringComparison.Ordinal));
    }

    private static EmbeddingRequest Image(byte seed) => TestGrid.Image(seed) with { Model = "two" };

    /// <summary>A grid that serves a copy of a small checkpoint as "two".</summary>
    private sealed class TextGrid(TestGrid grid, string folder) : IAsyncDisposable
    {
        public TestGrid Grid => grid;

        public TextTokenizers Tokenizers => grid.Get<TextTokenizers>();

        public static Task<TextGrid> StartAsync(string model, int segments = 1, bool? lowerCase = null) =>
            StartInAsync(TextModels.Copy(model), segments, lowerCase);

        public static async Task<TextGrid> StartInAsync(string folder, int segments = 1, bool? lowerCase = null) =>
            new(
                await TestGrid.StartAsync(TestGrid.Options() with
                {
                    Models = [new() { Name = "two", Directory = folder, Segments = segments, LowerCase = lowerCase }],
                }),
                folder);

        public async Task<TokenIds> TokenizeAsync(string text, bool truncate = true) =>
            await Tokenizers.TokenizeAsync(grid.Catalog.Models[0], text, truncate, CancellationToken.None);

        public Task<EmbeddingResult> EmbedAsync(TokenIds text, CacheUse cache = CacheUse.Use) =>
            grid.EmbedAsync(new() { Model = "two", Text = text, Cache = cache });

        public async ValueTask DisposeAsync()
        {
            await grid.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
