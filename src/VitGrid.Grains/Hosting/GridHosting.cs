using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Caching;
using VitGrid.Grains.Decoding;
using VitGrid.Grains.Options;
using VitGrid.Grains.Pipeline;
using VitGrid.Runtime.Images;

namespace VitGrid.Grains.Hosting;

/// <summary>Puts the grid into a host.</summary>
public static class GridHosting
{
    /// <summary>
    /// The whole grid in this process: its services and a silo of its own on loopback. <see cref="Embedder"/> and
    /// <see cref="ModelCatalog"/> are then the host's singletons; models load once the host has started.
    /// </summary>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IHostApplicationBuilder AddVitGrid(this IHostApplicationBuilder builder, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddVitGrid(options);
        return builder.UseOrleans(silo => silo.UseVitGridSilo(options));
    }

    /// <summary>The grid's services, for a host whose silo is set up elsewhere.</summary>
    /// <exception cref="GridConfigurationException">Any option is out of range; all faults are listed.</exception>
    public static IServiceCollection AddVitGrid(this IServiceCollection services, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (GridOptionsCheck.Faults(options) is { Count: > 0 } faults)
            throw new GridConfigurationException(faults);
        services.AddSingleton(options);
        services.AddSingleton<ModelCatalog>();
        services.TryAddKeyedSingleton(GridClock.Key, TimeProvider.System);
        return services.AddPipeline().AddFrontDoor().Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout(options));
    }

    /// <summary>A silo of one: localhost clustering under a cluster id that no other process has, so that two never meet.</summary>
    public static ISiloBuilder UseVitGridSilo(this ISiloBuilder silo, GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(options);
        (int siloPort, int gatewayPort) = FreePorts.Of(options.Cluster);
        return silo
            .UseLocalhostClustering(siloPort, gatewayPort, serviceId: "vitgrid", clusterId: $"vitgrid-{Guid.NewGuid():n}")
            // A picture may wait in its batcher for as long as its deadline allows: no sign of a stuck call.
            .Configure<SiloMessagingOptions>(messaging => messaging.RequestProcessingWarningTime = TimeSpan.FromHours(2))
            .Configure<GrainCollectionOptions>(grains => grains.DeactivationTimeout = ShutdownTimeout(options));
    }

    private static IServiceCollection AddPipeline(this IServiceCollection services)
    {
        services.TryAddSingleton<SegmentLoader>(SegmentRunner.Load);
        return services
            .AddSingleton<PixelStore>()
            .AddSingleton<ActivationStore>()
            .AddSingleton<ModelLoader>()
            .AddSingleton<SegmentHost>()
            .AddHostedService(provider => provider.GetRequiredService<SegmentHost>());
    }

    private static IServiceCollection AddFrontDoor(this IServiceCollection services)
    {
        services.TryAddSingleton<PictureDecoder>(provider => new ImagePreprocessor(provider.GetRequiredService<GridOptions>().Images).Process);
        return services
            .AddSingleton(provider => new Admission(provider.GetRequiredService<GridOptions>().Queue))
            .AddSingleton(provider => new EmbeddingCache(new(provider.GetRequiredService<GridOptions>().Cache)))
            .AddSingleton(provider => new DecodePool(provider.GetRequiredService<GridOptions>(), Clock(provider)))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<PictureComputer>(provider, Clock(provider)))
            .AddSingleton(provider => new Embedder(
                provider.GetRequiredService<GridOptions>(),
                provider.GetRequiredService<ModelCatalog>(),
                provider.GetRequiredService<Admission>(),
                provider.GetRequiredService<EmbeddingCache>(),
                provider.GetRequiredService<PictureComputer>(),
                Clock(provider)))
            .AddHostedService<GridDrain>();
    }

    private static TimeProvider Clock(IServiceProvider provider) => provider.GetRequiredKeyedService<TimeProvider>(GridClock.Key);

    /// <summary>Time to drain, and some for the silo and the devices to end after it.</summary>
    private static TimeSpan ShutdownTimeout(GridOptions options) =>
        TimeSpan.FromMilliseconds(options.Shutdown.DrainMilliseconds) + TimeSpan.FromSeconds(10);
}
