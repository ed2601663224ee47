using VitGrid.Engine.Hosting;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>Begins and ends the shared level with its host: connected before images come, let go when the last one is answered.</summary>
internal sealed class RedisLevelService(RedisLevel level) : LifecycleService
{
    public override Task StartingAsync(CancellationToken cancellationToken) => level.StartAsync();

    public override Task StoppedAsync(CancellationToken cancellationToken) => level.StopAsync();
}
