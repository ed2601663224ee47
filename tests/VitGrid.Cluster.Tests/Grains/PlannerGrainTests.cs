using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Grains;
using VitGrid.Cluster.Tests.Grid;

namespace VitGrid.Cluster.Tests.Grains;

public sealed class PlannerGrainTests
{
    [Fact]
    public async Task A_watcher_that_cancels_is_let_go_at_once_so_that_the_planners_silo_can_stop()
    {
        PlannerGrain planner = new(TestGrid.Options(), null!, null!, NullLogger<PlannerGrain>.Instance);
        using CancellationTokenSource leaves = new();
        Task<GridTable> watch = planner.WatchAsync(GridTable.Empty.Version, TimeSpan.FromMinutes(10), leaves.Token);
        Assert.False(watch.IsCompleted);
        await leaves.CancelAsync();
        Assert.Same(GridTable.Empty, await watch.WaitAsync(Waits.Limit));
    }
}
