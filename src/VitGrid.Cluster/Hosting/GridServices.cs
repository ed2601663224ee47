using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Grains;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tables;
using VitGrid.Cluster.Telemetry;
using VitGrid.Cluster.Workers;
using VitGrid.Engine.Caching;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Cluster.Hosting;

/// <summary>The grid's services, part by part.</summary>
internal static class GridServices
{
    /// <summary>What every process has: options, clock, catalog, the table and what follows it.</summary>
    public static IServiceCollection AddGridBase(this IServiceCollection services, GridOptions options)
    {
        if (GridOptionsCheck.Faults(options) is { Count: > 0 } faults)
            throw new GridConfigurationException(faults);
        services.TryAddKeyedSingleton(GridClock.Key, TimeProvider.System);
        services.TryAddSingleton<GridMetrics>();
        return services
            .AddSingleton(options)
            .AddSingleton<ModelCatalog>()
            .AddEager<ModelGauges>()
            .AddSingleton<TableStore>()
            .AddEager<CatalogFeed>()
            .AddSingleton<FrameHeads>()
            .AddSingleton<Peers>()
            .AddSingleton(provider => new GridNode(
                options,
                provider.GetRequiredService<LocalNode>(),
                provider.GetRequiredService<ModelCatalog>(),
                provider.GetRequiredService<TableStore>(),
                provider.GetService<ModelLibrary>(),
                provider.GetService<SegmentHost>()))
            .AddHostedService<TableWatch>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout(options));
    }

    /// <summary>Cache, decoding and the way to the replicas.</summary>
    public static IServiceCollection AddDoor(this IServiceCollection services, GridOptions options)
    {
        services.TryAddSingleton<DecodeImage>(provider => new ImagePreprocessor(provider.GetRequiredService<GridOptions>().Images).Process);
        services.TryAddSingleton<PixelStore>();
        services.AddSingleton(provider => BatcherCalls.Through(replica => provider.GetRequiredService<IGrainFactory>().GetGrain<IBatcherGrain>(replica.ToString())));
        return services
            .AddEager<ImageClient>()
            .AddSingleton<ImageRouter>()
            .AddSingleton<IImageRouter>(provider => provider.GetRequiredService<ImageRouter>())
            .AddSingleton(provider => new Backlog(provider.GetRequiredService<GridOptions>().Batching, Clock(provider)))
            .AddSingleton(provider => new Admission(provider.GetRequiredService<GridOptions>().Queue, provider.GetRequiredService<Backlog>()))
            .AddCache(options)
            .AddSingleton(provider => new DecodePool(provider.GetRequiredService<GridOptions>(), Clock(provider)))
            .AddSingleton<PixelReader>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageComputer>(provider, Clock(provider)))
            .AddSingleton<PrepareImage>(provider => (request, now) =>
                PreparedImage.Of(request, provider.GetRequiredService<ModelCatalog>(), provider.GetRequiredService<GridOptions>(), now))
            .AddSingleton(provider => new Embedder(
                provider.GetRequiredService<PrepareImage>(),
                provider.GetRequiredService<Admission>(),
                provider.GetRequiredService<EmbeddingCache>(),
                provider.GetRequiredService<ImageComputer>(),
                provider.GetRequiredService<GridMetrics>(),
                Clock(provider)))
            .AddHostedService<GridDrain>();
    }

    /// <summary>Devices, checkpoints, stages, and the grains' part of them.</summary>
    public static IServiceCollection AddWorker(this IServiceCollection services)
    {
        services.TryAddSingleton<SegmentLoader>(SegmentRunner.Load);
        services.TryAddSingleton<PixelStore>();
        services.TryAddSingleton<FollowQuantising>(provider => model => new QuantisingLog(model, provider.GetRequiredService<ILogger<Stage>>()));
        services.AddPlacementDirector<PinnedPlacement, PinnedPlacementDirector>();
        return services
            .AddSingleton<LocalDevices>()
            .AddSingleton<ModelLibrary>()
            .AddHostedService(provider => provider.GetRequiredService<ModelLibrary>())
            .AddSingleton<LoadedStages>()
            .AddSingleton<PipelineHeads>()
            .AddEager<StageOutlets>()
            .AddEager<HeadReturn>()
            .AddSingleton<StageConnections>()
            .AddSingleton<StageBuilder>()
            .AddSingleton<SegmentHost>()
            .AddHostedService(provider => provider.GetRequiredService<SegmentHost>())
            .AddEager<WorkerGauges>()
            .AddSingleton<PlannerLine>()
            .AddSingleton<WorkerAgent>()
            .AddHostedService(provider => provider.GetRequiredService<WorkerAgent>());
    }

    /// <summary>What a worker does only beside others.</summary>
    public static IServiceCollection AddClusteredWorker(this IServiceCollection services) => services
        .AddEager<StageInlet>()
        .AddEager<ImageServer>()
        .AddHostedService(provider => new HeadWatch(
            () => provider.GetRequiredService<SegmentHost>().Reports().Where(report => report.Segment == 0).Select(report => report.Layout),
            provider.GetRequiredService<PipelineHeads>(),
            provider.GetRequiredService<Peers>(),
            provider.GetRequiredService<ILogger<HeadWatch>>()))
        .AddHostedService<PeerMonitor>()
        .AddSingleton(provider => new LeaveRequest(provider.GetRequiredService<TableStore>(), provider.GetRequiredService<Peers>()))
        .AddHostedService<WorkerHandover>();

    /// <summary>The data plane, which listens before anything else of the grid starts.</summary>
    public static IServiceCollection AddDataPlane(this IServiceCollection services) => services
        .AddEager<TableGossip>()
        .AddHostedService<DataPlaneService>();

    /// <summary>Time to drain, to hand over, and some for the silo and the devices to end after it.</summary>
    public static TimeSpan ShutdownTimeout(GridOptions options) =>
        TimeSpan.FromMilliseconds(2L * options.Shutdown.DrainMilliseconds) + TimeSpan.FromSeconds(10);

    internal static TimeProvider Clock(IServiceProvider provider) => provider.GetRequiredKeyedService<TimeProvider>(GridClock.Key);

    /// <summary>A singleton that nobody asks for: it registers itself with others when it is made, before the host's services start.</summary>
    private static IServiceCollection AddEager<T>(this IServiceCollection services)
        where T : class
    {
        services.AddSingleton<T>();
        services.AddSingleton(provider => new Eager(provider.GetRequiredService<T>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EagerService>());
        return services;
    }

    private sealed record Eager(object Service);

    /// <summary>Makes the eager singletons.</summary>
    private sealed class EagerService(IEnumerable<Eager> services) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.FromResult(services.Count());

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
