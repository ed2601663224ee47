using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Tests.Golden;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Models with poolings of their own: what a request gets that names none, and what is refused.</summary>
public sealed class PooledGridTests
{
    [Theory]
    [InlineData("pub-clip", Pooling.Head, 48)]
    [InlineData("pub-siglip", Pooling.Head, 24)]
    [InlineData("pub-dinov2-registers", Pooling.Cls, 24)]
    [InlineData("pub-aimv2", Pooling.Mean, 24)]
    public async Task A_request_that_names_no_pooling_gets_the_models_published_embedding(string model, Pooling expected, int width)
    {
        await using TestGrid grid = await StartAsync(model);
        ModelInfo info = grid.Catalog.Find("tiny")!;
        Assert.Equal((expected, width), (info.Architecture.Poolings.Default, info.Dimensions));
        EmbeddingRequest request = TestGrid.Image(1) with { Cache = CacheUse.Bypass };
        float[] vector = await grid.VectorAsync(request);
        Assert.Equal(width, vector.Length);
        Assert.Equal(vector, await grid.VectorAsync(request with { Pooling = expected }));
    }

    [Theory]
    [InlineData("pub-clip")]
    [InlineData("pub-siglip")]
    [InlineData("timm-eva02-clip")]
    public async Task Segmented_equals_whole_bit_for_bit_for_every_pooling_and_layers_may_share_a_batch(string model)
    {
        float[][][] vectors = new float[2][][];
        foreach (int segments in new[] { 1, 2 })
        {
            await using TestGrid grid = await StartAsync(model, segments);
            PoolingFacts poolings = grid.Catalog.Find("tiny")!.Architecture.Poolings;
            EmbeddingRequest[] requests =
            [
                .. from pooling in poolings.All()
                   from layer in pooling == Pooling.Head ? new[] { -1 } : [-1, -2, 0]
                   select TestGrid.Image(3) with { Pooling = pooling, Layer = layer, Cache = CacheUse.Bypass },
            ];
            vectors[segments - 1] = await Task.WhenAll(requests.Select(grid.VectorAsync));
        }
        Assert.Equal(vectors[0], vectors[1]);
    }

    [Fact]
    public async Task What_the_cache_keeps_is_the_pooling_that_was_asked_for()
    {
        await using TestGrid grid = await StartAsync("pub-clip");
        float[] head = await grid.VectorAsync(TestGrid.Image(1));
        EmbeddingResult named = await grid.EmbedAsync(TestGrid.Image(1) with { Pooling = Pooling.Head });
        EmbeddingResult other = await grid.EmbedAsync(TestGrid.Image(1) with { Pooling = Pooling.Cls });
        Assert.Equal((true, false), (named.FromCache, other.FromCache));
        Assert.Equal(head, named.Vector.ToArray());
        Assert.Equal(64, other.Vector.Length);
    }

    [Fact]
    public async Task A_pooling_that_the_model_lacks_is_refused_with_those_it_has()
    {
        await using TestGrid grid = await StartAsync("pub-siglip");
        await RefusedAsync(grid, TestGrid.Image(1) with { Pooling = Pooling.Cls }, "'cls'", "'tiny' does not have", "it has mean, head");
        await RefusedAsync(grid, TestGrid.Image(1) with { Layer = -2 }, "the default of model 'tiny'", "layer is 1 of 2",
            "send one of mean");
    }

    private static async Task RefusedAsync(TestGrid grid, EmbeddingRequest request, params string[] expected)
    {
        GridException refusal = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(request));
        Assert.Equal(GridFault.InvalidRequest, refusal.Fault);
        Assert.All(expected, text => Assert.Contains(text, refusal.Message, StringComparison.Ordinal));
    }

    private static Task<TestGrid> StartAsync(string model, int segments = 1) => TestGrid.StartAsync(TestGrid.Options(segments) with
    {
        Models = [new() { Name = "tiny", Directory = GoldenFiles.PathOf("vits", model), Segments = segments }],
    });
}
