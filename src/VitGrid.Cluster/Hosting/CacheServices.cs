using Microsoft.Extensions.DependencyInjection;
using VitGrid.Cluster.Caching.Flights;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Cluster.Hosting;

/// <summary>The levels of the cache that this process has.</summary>
internal static class CacheServices
{
    public static IServiceCollection AddCache(this IServiceCollection services, GridOptions options)
    {
        services.AddSingleton<VectorRecalls>().AddActivated<RecallFeed>();
        if (options.Cache.Redis is not null)
        {
            services.AddSingleton(options.Cache)
                .AddSingleton<CacheConnection>()
                .AddSingleton(new CacheEnvelope(options.Cache.Format, CacheSeal.From(options.Cache)))
                .AddSingleton<RedisLevel>()
                .AddHostedService<RedisLevelService>()
                .AddSingleton<RecallSweep>()
                .AddHostedService(provider => provider.GetRequiredService<RecallSweep>());
        }
        if (options is { Cluster.IsClustered: true, Cache.ClusterFlight: true })
            services.AddSingleton(provider => new ClusterFlight(Finder(provider), options.Cache.Wait, provider.Clock()));
        return services.AddSingleton(provider => new MemoryEmbeddingCache(options.Cache)
        {
            Recalls = provider.GetRequiredService<VectorRecalls>(),
        }).AddSingleton(
            provider => new EmbeddingCache(
                provider.GetRequiredService<MemoryEmbeddingCache>(), provider.GetRequiredService<GridMetrics>(), provider.Clock())
        {
            PerTenant = options.Cache.PerTenant,
            Shared = provider.GetService<RedisLevel>(),
            Cluster = provider.GetService<ClusterFlight>(),
        });
    }

    private static Func<int, IFlightGrain> Finder(IServiceProvider provider)
    {
        IGrainFactory grains = provider.GetRequiredService<IGrainFactory>();
        return grain => grains.GetGrain<IFlightGrain>(grain);
    }
}
