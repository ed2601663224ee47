using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;

namespace VitGrid.Cluster.Tests.Grid;

public sealed class CachedGridTests
{
    private int _runs;

    [Fact]
    public async Task The_second_request_gets_the_first_ones_vector_bit_for_bit_without_a_run()
    {
        await using TestGrid grid = await StartAsync();
        EmbeddingResult computed = await grid.EmbedAsync(TestGrid.Image(1));
        EmbeddingResult stored = await grid.EmbedAsync(TestGrid.Image(1));
        Assert.Equal((false, true, 1), (computed.FromCache, stored.FromCache, _runs));
        Assert.True(computed.Vector.Span.SequenceEqual(stored.Vector.Span));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), (stored.Timings.Decode, stored.Timings.Queue, stored.Timings.Infer));
        Assert.True(computed.Timings.Infer > TimeSpan.Zero && computed.Timings.Decode > TimeSpan.Zero);
        Assert.Equal(17, computed.Tokens);
    }

    [Fact]
    public async Task Bypass_neither_reads_nor_writes_and_refresh_computes_and_writes()
    {
        await using TestGrid grid = await StartAsync();
        bool[] fromCache =
        [
            await FromCacheAsync(grid, CacheUse.Bypass),
            await FromCacheAsync(grid, CacheUse.Use),
            await FromCacheAsync(grid, CacheUse.Bypass),
            await FromCacheAsync(grid, CacheUse.Refresh),
            await FromCacheAsync(grid, CacheUse.Use),
        ];
        Assert.Equal([false, false, false, false, true], fromCache);
        Assert.Equal(4, _runs);
    }

    [Fact]
    public async Task Layer_pooling_and_profile_are_part_of_the_key()
    {
        await using TestGrid grid = await StartAsync();
        await grid.EmbedAsync(TestGrid.Image(1));
        EmbeddingRequest[] others =
        [
            TestGrid.Image(1) with { Layer = 0 },
            TestGrid.Image(1) with { Pooling = Pooling.Mean },
            TestGrid.Image(1) with { Preprocess = "squash" },
            TestGrid.Image(2),
        ];
        foreach (EmbeddingRequest other in others)
            Assert.False((await grid.EmbedAsync(other)).FromCache);
        int depth = grid.Catalog.Find("tiny")!.Architecture.Depth;
        Assert.True((await grid.EmbedAsync(TestGrid.Image(1) with { Layer = depth })).FromCache);
    }

    [Fact]
    public async Task Two_hundred_equal_requests_at_once_run_once()
    {
        Gate gate = new();
        await using TestGrid grid = await StartAsync(gate);
        Task<EmbeddingResult>[] all = [.. Enumerable.Range(0, 200).Select(_ => grid.EmbedAsync(TestGrid.Image(1)))];
        await gate.Arrived;
        gate.Open();
        await Task.WhenAll(all);
        Assert.Equal(1, _runs);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    private Task<TestGrid> StartAsync(Gate? gate = null) => TestGrid.StartAsync(TestGrid.Options(), _ =>
    {
        Interlocked.Increment(ref _runs);
        gate?.Pass();
    });

    private static async Task<bool> FromCacheAsync(TestGrid grid, CacheUse use) =>
        (await grid.EmbedAsync(TestGrid.Image(1) with { Cache = use })).FromCache;
}
