using Microsoft.Extensions.Hosting;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>Begins and ends the shared level with its host: connected before images come, let go when the last one is answered.</summary>
internal sealed class RedisLevelService(RedisLevel level) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => level.StartAsync();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => level.StopAsync();
}
