using VitGrid.Tests.Golden;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Grid;

public sealed class LoadingTests
{
    [Fact]
    public async Task While_a_model_loads_the_grid_is_up_and_says_so()
    {
        Gate gate = new();
        SegmentLoader real = TestGrid.Hooked(null);
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options(), loader: (checkpoint, settings) =>
        {
            gate.Pass();
            return real(checkpoint, settings);
        });
        await gate.Arrived;
        Assert.Equal(ModelState.Loading, grid.Catalog.Find("tiny")!.State);
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(1)));
        Assert.Equal(GridFault.ModelLoading, refused.Fault);
        gate.Open();
        await grid.Catalog.WhenLoadedAsync().WaitAsync(Waits.Limit);
        ModelInfo ready = grid.Catalog.Find("tiny")!;
        Assert.Equal((ModelState.Ready, 32), (ready.State, ready.Fingerprint!.Length));
        await grid.EmbedAsync(TestGrid.Image(1));
    }

    [Fact]
    public async Task A_model_that_fails_to_load_says_why_and_the_others_are_served()
    {
        SegmentLoader real = TestGrid.Hooked(null);
        GridOptions options = TestGrid.Options()
            with { Models = [.. TestGrid.Options().Models, new() { Name = "bad", Directory = GoldenFiles.Model("tiny-timm") }] };
        await using TestGrid grid = await TestGrid.StartAsync(options, loader: (checkpoint, settings) =>
            checkpoint.Directory.EndsWith("tiny-timm", StringComparison.Ordinal)
                ? throw new NotSupportedException("no such kernel") : real(checkpoint, settings));
        await grid.Catalog.WhenLoadedAsync().WaitAsync(Waits.Limit);
        GridException refused = await Assert.ThrowsAsync<GridException>(() => grid.EmbedAsync(TestGrid.Image(1) with { Model = "bad" }));
        Assert.Equal(GridFault.ModelFailed, refused.Fault);
        Assert.Contains("no such kernel", refused.Message, StringComparison.Ordinal);
        await grid.EmbedAsync(TestGrid.Image(1));
        Assert.Null(grid.Catalog.Find(null));
    }

    [Fact]
    public void Every_model_that_cannot_be_opened_is_named_before_the_grid_starts()
    {
        GridOptions options = TestGrid.Options() with
        {
            Models =
            [
                new() { Name = "absent", Directory = GoldenFiles.Model("no-such-model") },
                new() { Name = "deep", Directory = GoldenFiles.Model("tiny-ln"), Segments = 99 },
                new() { Name = "odd", Directory = GoldenFiles.Model("tiny-ln"), Preprocess = "stretch" },
            ],
        };
        GridConfigurationException refused = Assert.Throws<GridConfigurationException>(() => ModelOpener.OpenAll(options, []));
        Assert.Equal(3, refused.Faults.Count);
        Assert.All(options.Models, model => Assert.Contains($"model '{model.Name}'", refused.Message, StringComparison.Ordinal));
    }
}
