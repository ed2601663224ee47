using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>The membership on a primary with a replica, found by a sentinel.</summary>
public sealed class SentinelMembershipTests
{
    [RedisFact]
    public async Task After_a_fail_over_the_grid_goes_on_and_a_worker_that_starts_then_joins_it()
    {
        using SentinelRig redis = await SentinelRig.StartAsync();
        ClusterOptions cluster = new() { Redis = redis.Address, UnixSocket = false };
        using IHost first = ClusterHosts.Worker(cluster), door = ClusterHosts.FrontEnd(cluster), second = ClusterHosts.Worker(cluster);
        await Task.WhenAll(first.StartAsync(), door.StartAsync()).WaitAsync(Waits.Limit);
        float[] computed = await ClusterHosts.EmbedAsync(door, 1);
        await redis.FailOverAsync();

        Assert.Equal(computed, await ClusterHosts.EmbedAsync(door, 1, CacheUse.Bypass));
        await second.StartAsync().WaitAsync(Waits.Limit);
        await using GridAdministration grid = await GridAdministration.ConnectAsync(
            cluster, Waits.Limit, _ => { }, CancellationToken.None);
        await Waits.UntilAsync(async () => (await grid.StatusAsync()).Nodes.Count == 2, "both workers are in the grid");
        Assert.Equal(computed, await ClusterHosts.EmbedAsync(door, 1, CacheUse.Bypass));
        await Task.WhenAll(door.StopAsync(), first.StopAsync(), second.StopAsync()).WaitAsync(Waits.Limit);
    }
}
