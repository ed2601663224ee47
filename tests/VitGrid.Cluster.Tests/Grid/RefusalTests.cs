using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>One grid for the requests that never reach a device or leave it unharmed.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private TestGrid _grid = null!;

    public async Task InitializeAsync() => _grid = await TestGrid.StartAsync(TestGrid.Options());

    public async Task DisposeAsync() => await _grid.DisposeAsync();

    [Fact]
    public async Task An_unknown_model_is_refused_with_the_served_ones() =>
        Assert.Equal("model 'huge' is not served here; served: 'tiny'", await RefusedAsync(
            GridFault.ModelNotFound, TestGrid.Image(1) with { Model = "huge" }));

    [Theory]
    [InlineData(5)]
    [InlineData(-6)]
    public async Task A_layer_outside_the_model_is_refused_with_the_allowed_ones(int layer)
    {
        int depth = _grid.Catalog.Find("tiny")!.Architecture.Depth;
        string message = await RefusedAsync(GridFault.InvalidRequest, TestGrid.Image(1) with { Layer = layer });
        Assert.Equal(
            $"layer is {layer}; model 'tiny' has {depth} blocks: send {-depth - 1} to {depth} "
                + "(0 is the embedding stage, -1 the last block)",
            message);
    }

    [Fact]
    public async Task An_unknown_profile_is_refused() =>
        Assert.Contains("stretch", await RefusedAsync(
            GridFault.InvalidRequest, TestGrid.Image(1) with { Preprocess = "stretch" }), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(7_200_000)]
    public async Task A_timeout_out_of_range_is_refused(int milliseconds) =>
        await RefusedAsync(GridFault.InvalidRequest, TestGrid.Image(1) with { Timeout = TimeSpan.FromMilliseconds(milliseconds) });

    [Fact]
    public async Task A_damaged_image_is_refused_by_the_decoder_and_the_next_one_is_answered()
    {
        ImageException refused = await Assert.ThrowsAsync<ImageException>(() => _grid.EmbedAsync(TestGrid.Image(255)));
        Assert.Equal(ImageFault.DecodeFailed, refused.Fault);
        await _grid.EmbedAsync(TestGrid.Image(1));
        Assert.Equal((0, 0, (0, 0L)), await _grid.LeftAfterDrainAsync());
    }

    [Fact]
    public async Task A_batch_for_another_incarnation_is_refused()
    {
        StageKey present = _grid.Get<SegmentHost>().Reports().Single().Key;
        StageKey stale = present with { Replica = present.Replica with { Epoch = present.Replica.Epoch - 1 } };
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(
            () => _grid.Get<LoadedStages>().EnqueueAsync(stale, new(new(1, [0]), [], null)).AsTask());
        Assert.Contains(stale.ToString(), lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batcher_of_a_replica_that_is_not_here_does_not_start()
    {
        IBatcherGrain batcher = _grid.Get<IGrainFactory>().GetGrain<IBatcherGrain>(new ReplicaKey("tiny", 7, 7).ToString());
        ReplicaLostException lost = await Assert.ThrowsAsync<ReplicaLostException>(batcher.StartAsync);
        Assert.Equal("replica tiny/7/7 is not served by this process", lost.Message);
    }

    private async Task<string> RefusedAsync(GridFault fault, EmbeddingRequest request)
    {
        GridException refused = await Assert.ThrowsAsync<GridException>(() => _grid.EmbedAsync(request));
        Assert.Equal(fault, refused.Fault);
        return refused.Message;
    }
}
