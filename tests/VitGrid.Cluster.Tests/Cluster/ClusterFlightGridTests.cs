using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>Equal images at two front ends of one grid.</summary>
public sealed class ClusterFlightGridTests
{
    private readonly TaskCompletionSource _bothAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Gate? _held;
    private int _runs;
    private int _joins;

    [RedisFact]
    public async Task Equal_images_at_two_doors_at_once_are_computed_once()
    {
        using RedisServer redis = await RedisServer.StartAsync();
        ClusterOptions cluster = ClusterHosts.Cluster(redis);
        // On a busy machine the first call of a grain takes its time.
        CacheOptions patient = new() { WaitMilliseconds = 10_000 };
        using IHost worker = ClusterHosts.Worker(cluster, Observe), first = ClusterHosts.FrontEnd(
            cluster, patient), second = ClusterHosts.FrontEnd(cluster, patient);
        await Task.WhenAll(worker.StartAsync(), first.StartAsync(), second.StartAsync()).WaitAsync(Waits.Limit);
        await ClusterHosts.EmbedAsync(first, 1, CacheUse.Bypass);
        await ClusterHosts.EmbedAsync(second, 1, CacheUse.Bypass);
        _runs = 0;

        Gate held = _held = new();
        Task<float[]>[] both = [ClusterHosts.EmbedAsync(first, 7), ClusterHosts.EmbedAsync(second, 7)];
        await _bothAsked.Task.WaitAsync(Waits.Limit);
        held.Open();

        Assert.Equal(await both[0], await both[1]);
        Assert.Equal(1, _runs);
        await Task.WhenAll(first.StopAsync(), second.StopAsync(), worker.StopAsync()).WaitAsync(Waits.Limit);
    }

    private void Observe(IServiceCollection services)
    {
        services.AddSingleton(TestGrid.Hooked(_ =>
        {
            Interlocked.Increment(ref _runs);
            _held?.Pass();
        }));
        services.AddSingleton<IIncomingGrainCallFilter>(new JoinFilter(() =>
        {
            if (Interlocked.Increment(ref _joins) == 2)
                _bothAsked.TrySetResult();
        }));
    }

    private sealed class JoinFilter(Action joined) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.InterfaceMethod.Name == nameof(IFlightGrain.JoinAsync))
                joined();
            return context.Invoke();
        }
    }
}
