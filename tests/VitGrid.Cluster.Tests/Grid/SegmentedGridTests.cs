using System.Runtime.InteropServices;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;

namespace VitGrid.Cluster.Tests.Grid;

public sealed class SegmentedGridTests
{
    [Fact]
    public async Task Segmented_equals_whole_bit_for_bit_for_every_layer_and_pooling_alone_and_in_a_batch()
    {
        await using TestGrid whole = await TestGrid.StartAsync(TestGrid.Options());
        int depth = whole.Catalog.Find(null)!.Architecture.Depth;
        uint[][] expected = await BitsOfAllAsync(whole, depth, oneByOne: true);
        foreach (int segments in new[] { 1, 2, depth })
        {
            await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(segments, devices: 2));
            Assert.Equal(segments, grid.Catalog.Find("tiny")!.Segments.Count);
            Assert.Equal(expected, await BitsOfAllAsync(grid, depth, oneByOne: false));
            Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
        }
    }

    [Fact]
    public async Task Two_segments_on_two_devices_really_overlap()
    {
        Gate second = new();
        int firstRuns = 0, secondRuns = 0;
        TaskCompletionSource overlapped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(segments: 2, devices: 2, maxBatchSize: 1), blocks =>
        {
            if (blocks.First > 0 && Interlocked.Increment(ref secondRuns) == 1)
                second.Pass();
            else if (blocks.First == 0 && Interlocked.Increment(ref firstRuns) == 2)
                overlapped.SetResult();
        });
        Task<EmbeddingResult>[] images = [grid.EmbedAsync(TestGrid.Image(1)), grid.EmbedAsync(TestGrid.Image(2))];
        await second.Arrived;
        await overlapped.Task.WaitAsync(Waits.Limit);
        Assert.All(images, image => Assert.False(image.IsCompleted));
        second.Open();
        await Task.WhenAll(images);
    }

    [Fact]
    public async Task A_layer_of_the_first_segment_is_answered_without_the_second()
    {
        int secondRuns = 0;
        await using TestGrid grid = await TestGrid.StartAsync(
            TestGrid.Options(segments: 2, devices: 2), blocks => Interlocked.Add(ref secondRuns, blocks.First > 0 ? 1 : 0));
        await grid.EmbedAsync(TestGrid.Image(1) with { Layer = 0 });
        Assert.Equal(0, secondRuns);
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    private static async Task<uint[][]> BitsOfAllAsync(TestGrid grid, int depth, bool oneByOne)
    {
        List<Task<float[]>> vectors = [];
        foreach (EmbeddingRequest request in Requests(depth))
        {
            vectors.Add(grid.VectorAsync(request));
            if (oneByOne)
                await vectors[^1];
        }
        return [.. (await Task.WhenAll(vectors)).Select(vector => MemoryMarshal.Cast<float, uint>(vector).ToArray())];
    }

    private static IEnumerable<EmbeddingRequest> Requests(int depth) =>
        from seed in Enumerable.Range(0, 4)
        from layer in Enumerable.Range(-depth - 1, (2 * depth) + 2)
        from pooling in new PoolingFacts().All()
        select TestGrid.Image((byte)seed) with { Layer = layer, Pooling = pooling, Cache = CacheUse.Bypass };
}
