using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Tests.Grid;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>What a process of a grid says of itself.</summary>
public sealed class GridNodeTests
{
    [RedisFact]
    public async Task A_front_end_waits_for_its_first_worker_and_both_are_ready_when_the_model_has_served()
    {
        using RedisServer redis = await RedisServer.StartAsync();
        using IHost door = ClusterHosts.FrontEnd(ClusterHosts.Cluster(redis)), worker = ClusterHosts.Worker(ClusterHosts.Cluster(redis));
        GridNode atFrontEnd = door.Services.GetRequiredService<GridNode>(), atWorker = worker.Services.GetRequiredService<GridNode>();
        Task start = door.StartAsync();
        Assert.Equal(["the table: no worker has been met yet"], atFrontEnd.FrontEnd().WaitsFor);
        Assert.False(atWorker.Worker().IsReady);

        await Task.WhenAll(start, worker.StartAsync()).WaitAsync(Waits.Limit);
        await ClusterHosts.EmbedAsync(door, 1);

        Assert.Empty(atFrontEnd.FrontEnd().WaitsFor);
        Assert.Empty(atWorker.Worker().WaitsFor);
        Assert.True(atFrontEnd.Worker().IsReady, "a front end is given no segments and waits for none");
        HostedSegment held = Assert.Single(atWorker.Describe().Segments);
        Assert.Equal(("tiny", 0, "cpu:0", "ready"), (held.Model, held.Segment, held.Device, held.State));
        Assert.Equal(("vitgrid", 0), (atFrontEnd.Describe().Cluster, atFrontEnd.Describe().Segments.Count));
        await Task.WhenAll(door.StopAsync(), worker.StopAsync()).WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task A_grid_of_one_process_is_ready_when_its_model_is()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options());
        GridNode node = grid.Get<GridNode>();
        Assert.Empty(node.FrontEnd().WaitsFor);
        Assert.Null(node.Describe().Cluster);
        Assert.Equal("tiny", Assert.Single(node.Describe().Segments).Model);
    }
}
