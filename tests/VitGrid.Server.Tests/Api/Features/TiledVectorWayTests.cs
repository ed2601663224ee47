using System.Numerics.Tensors;
using System.Text.Json;
using VitGrid.Client;
using VitGrid.Model.Checkpoints;
using VitGrid.Testing;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api.Features;

/// <summary>Tiles over HTTP with the real grid behind: vectors of each and their mean, and visual tokens from the cache.</summary>
public sealed class TiledVectorWayTests : IAsyncLifetime
{
    private static readonly string Folder = GoldenFiles.PathOf("chat", "internvl-remote");
    private static readonly string Wide = Path.Combine(GoldenFiles.Repository, "tests", "Golden", "preprocess", "images", "wide.png");

    private FeatureServer _server = null!;

    public Task InitializeAsync()
    {
        _server = Open();
        return _server.StartAsync();
    }

    private static FeatureServer Open() => new(segments: 2, folder: Folder);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Each_tile_has_its_vector_and_the_image_their_mean_computed_or_from_the_cache()
    {
        byte[] wide = await File.ReadAllBytesAsync(Wide);
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        float[][] expected = FeatureServer.EncodeTileVectors(wide, checkpoint, new(1, 6, true));
        Assert.Equal(7, expected.Length);
        foreach (string found in (string[])["hit=0,miss=1", "hit=1,miss=0"])
        {
            (HttpResponseMessage answer, EmbeddingsResponse body) = await EmbedAsync(wide, "?tiling=1,6,true&normalize=false");
            Assert.Equal(found, Assert.Single(answer.Headers.GetValues("x-vitgrid-cache")));
            Assert.Equal((7 * 17, 1), (body.Usage.PromptTokens, body.Usage.Images));
            EmbeddingTiles tiles = body.Data[0].Tiles!;
            Assert.Equal((6, 1, true), (tiles.Columns, tiles.Rows, tiles.Thumbnail));
            Assert.All(expected.Zip(tiles.Embeddings), pair => IsClose(pair.First, pair.Second.ToSingles()));
            IsClose([.. Enumerable.Range(0, expected[0].Length).Select(i => expected.Average(tile => tile[i]))],
                body.Data[0].Embedding!.ToSingles());
        }
        (_, EmbeddingsResponse unit) = await EmbedAsync(wide, "?tiling=1,6,true&pooling=cls%2Bmean");
        Assert.All(unit.Data[0].Tiles!.Embeddings.Append(unit.Data[0].Embedding!), vector => Assert.InRange(
            TensorPrimitives.Norm<float>(vector.ToSingles()), 0.99999f, 1.00001f));
        Assert.Equal(2 * expected[0].Length, unit.Data[0].Embedding!.ToSingles().Length);
        (_, EmbeddingsResponse whole) = await EmbedAsync(wide, "");
        Assert.Null(whole.Data[0].Tiles);
    }

    [Fact]
    public async Task Visual_tokens_are_cached_once_for_every_type_and_by_their_tiling()
    {
        const string Asked = "?outputs=visual_tokens&tiling=1,6,true";
        (string? first, byte[] computed) = await TokensAsync(Asked);
        (string? again, byte[] found) = await TokensAsync(Asked);
        (string? halves, byte[] narrowed) = await TokensAsync(Asked + "&dtype=fp16");
        Assert.Equal(("hit=0,miss=2", "hit=2,miss=0", "hit=2,miss=0"), (first, again, halves));
        Assert.Equal(computed, found);
        ReadTensors singles = new(computed), rounded = new(narrowed);
        Assert.All(singles.Names.Where(name => name.EndsWith("tokens", StringComparison.Ordinal)), name => Assert.Equal(
            Array.ConvertAll(singles.Numbers(name), number => (float)(Half)number), rounded.Numbers(name)));
        Assert.Equal("hit=0,miss=2", (await TokensAsync("?outputs=visual_tokens&tiling=1,6,false")).Cache);
        Assert.Equal("hit=0,miss=2", (await TokensAsync("?outputs=visual_tokens")).Cache);
        Assert.Equal("hit=2,miss=0", (await TokensAsync("?outputs=visual_tokens")).Cache);
        Assert.Equal("hit=0,miss=2", (await TokensAsync(Asked + "&cache=refresh")).Cache);
        (string? bypassed, byte[] anew) = await TokensAsync(Asked + "&cache=bypass");
        Assert.Null(bypassed);
        Assert.Equal(computed, anew);
        Assert.Null((await TokensAsync("?outputs=cls")).Cache);
        Assert.Null((await TokensAsync("?outputs=cls")).Cache);
        Assert.Equal(0, _server.Memory.Held);
    }

    [Theory]
    [InlineData("?tiling=1,65,true", "at most 64")]
    [InlineData("?tiling=one", "such as 1,12,true")]
    [InlineData("?tiling=3,2", "out of range")]
    public async Task Tilings_that_are_none_are_refused(string query, string words)
    {
        using HttpResponseMessage answer = await PostAsync(await File.ReadAllBytesAsync(Wide), query);
        new Answer(answer, await answer.Content.ReadAsStringAsync()).IsRefusal(400, "invalid_request", "tiling", words);
    }

    [Fact]
    public async Task Images_and_their_tiles_together_are_bounded()
    {
        using MultipartFormDataContent form = FeatureServer.Form(["boat", "fish", "tree", "house"]);
        using HttpResponseMessage answer = await _server.Http.PostAsync("/v1/embeddings?tiling=1,64,true", form);
        new Answer(answer, await answer.Content.ReadAsStringAsync()).IsRefusal(
            400, "invalid_request", "tiling", "4 images of up to 65 tiles each, the limit is 256 of both together");
    }

    private async Task<(HttpResponseMessage Answer, EmbeddingsResponse Body)> EmbedAsync(byte[] file, string query)
    {
        HttpResponseMessage answer = await PostAsync(file, query);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return (answer, JsonSerializer.Deserialize(text, VitGridJson.Default.EmbeddingsResponse)!);
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] file, string query)
    {
        ByteArrayContent content = new(file);
        content.Headers.ContentType = new("image/png");
        return await _server.Http.PostAsync("/v1/embeddings" + query, content);
    }

    private async Task<(string? Cache, byte[] Body)> TokensAsync(string query)
    {
        using MultipartFormDataContent form = FeatureServer.Form(["boat", "fish"]);
        using HttpResponseMessage answer = await _server.Http.PostAsync("/v1/features" + query, form);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        string? cache = answer.Headers.TryGetValues("x-vitgrid-cache", out IEnumerable<string>? values) ? values.Single() : null;
        return (cache, await answer.Content.ReadAsByteArrayAsync());
    }

    private static void IsClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 2e-5f));
        Assert.InRange(TensorPrimitives.CosineSimilarity(expected, actual), 0.999999f, 1.000001f);
    }
}
