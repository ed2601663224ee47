using VitGrid.Grains.Contracts;
using VitGrid.Grains.Tests.Grid;

namespace VitGrid.Grains.Tests.Placement;

public sealed class PlannerGrainTests
{
    [Fact]
    public async Task Whoever_watches_and_cancels_does_not_hold_up_the_end_of_the_planners_silo()
    {
        TestGrid grid = await TestGrid.StartAsync(TestGrid.Options());
        using CancellationTokenSource leaves = new();
        Task<GridTable> watch = grid.Get<IGrainFactory>().GetGrain<IPlannerGrain>(0).WatchAsync(long.MaxValue, TimeSpan.FromMinutes(10), leaves.Token);
        await leaves.CancelAsync();
        await grid.DisposeAsync().AsTask().WaitAsync(TestGrid.Patience);
        Assert.True(watch.IsCompleted);
    }
}
