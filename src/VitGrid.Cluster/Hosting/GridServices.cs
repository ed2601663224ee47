using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
using VitGrid.Engine.Texts;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Transport;

namespace VitGrid.Cluster.Hosting;

/// <summary>The grid's services, part by part.</summary>
internal static class GridServices
{
    /// <summary>What every process has: options, clock, catalog, the table and what follows it.</summary>
    public static IServiceCollection AddGridBase(
        this IServiceCollection services, GridOptions options, DataPlaneOptions? dataPlane)
    {
        if (StartCheck.Faults(options, dataPlane) is { Count: > 0 } faults)
            throw new GridConfigurationException(faults);
        services.TryAddKeyedSingleton(GridClock.Key, TimeProvider.System);
        services.TryAddSingleton<GridMetrics>();
        return services
            .AddSingleton(options)
            .AddSingleton(dataPlane ?? new())
            .AddSingleton(options.Batching)
            .AddSingleton(options.Queue)
            .AddSingleton(_ => HealthOf(options))
            .AddSingleton<ModelCatalog>()
            .AddActivated<ModelGauges>()
            .AddSingleton<TableStore>()
            .AddActivated<CatalogFeed>()
            .AddSingleton<FrameSerializer>()
            .AddSingleton<Peers>()
            .AddSingleton<HeadLinks>()
            .AddSingleton<FrontEndReadiness>()
            .AddSingleton(NodeOf)
            .AddSingleton(provider => new GridView(
                provider.GetRequiredService<GridOptions>(), provider.GetRequiredService<TableStore>(),
                provider.GetRequiredService<IGrainFactory>()))
            .AddHostedService<TableWatch>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit.For(options));
    }

    /// <summary>Admission, cache, decoding and the way to the replicas.</summary>
    public static IServiceCollection AddFrontEnd(this IServiceCollection services, GridOptions options)
    {
        services.TryAddSingleton<IImageDecoder>(_ => new ImagePreprocessor(options.Images.Limits));
        services.TryAddSingleton<LocalReplicaHeads>();
        return services
            .AddSingleton<RemoteImages>()
            .AddSingleton<ImageRouter>()
            .AddSingleton<IImageRouter>(provider => options.Health.SecondOpinionPerMille == 0
                ? provider.GetRequiredService<ImageRouter>()
                : ActivatorUtilities.CreateInstance<SecondOpinion>(provider))
            .AddSingleton<Backlog>()
            .AddSingleton<Admission>()
            .AddCache(options)
            .AddSingleton<DecodePool>()
            .AddSingleton<PixelReader>()
            .AddSingleton<ImageComputer>()
            .AddSingleton<ImageRecorder>()
            .AddSingleton<TokenizerFetch>()
            .AddSingleton(provider => new TextTokenizers(provider.GetRequiredService<TokenizerFetch>().FetchAsync))
            .AddSingleton<RequestChecker>()
            .AddSingleton(EmbedderOf)
            .AddHostedService<GridDrain>();
    }

    /// <summary>Devices, checkpoints, stages, and the grains' part of them.</summary>
    public static IServiceCollection AddWorker(this IServiceCollection services)
    {
        services.TryAddSingleton<SegmentLoader>(SegmentLoading.Load);
        services.TryAddSingleton<LocalReplicaHeads>();
        services.TryAddSingleton<IQuantisingObserver, QuantisingLogs>();
        services.AddPlacementDirector<PinnedPlacement, PinnedPlacementDirector>();
        return services
            .AddSingleton<LocalDevices>()
            .AddActivated<SpareReplicas>()
            .AddSingletonService<ModelLibrary>()
            .AddSingleton<LoadedStages>()
            .AddSingleton<RemoteStages>()
            .AddSingleton<StagePeers>()
            .AddSingleton<RemoteResults>()
            .AddSingleton<StageConnections>()
            .AddSingleton<StageBuilder>()
            .AddSingleton<HeadHost>()
            .AddSingletonService<SegmentHost>()
            .AddActivated<WorkerGauges>()
            .AddSingleton<MembershipRecord>()
            .AddSingleton<PlannerLine>()
            .AddSingleton<WorkerLoads>()
            .AddSingletonService<WorkerAgent>()
            .AddSingleton(provider => new LeaveRequest(provider.GetRequiredService<TableStore>(), provider.GetRequiredService<Peers>()))
            .AddActivated<DeviceWatch>();
    }

    /// <summary>What a worker does only beside others.</summary>
    public static IServiceCollection AddClusteredWorker(this IServiceCollection services) => services
        .AddSingleton<StageReceiver>()
        .AddSingleton<Func<ReplicaKey, IReplicaHead>>(provider => provider.GetRequiredService<LocalReplicaHeads>().Get)
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageServer>(provider).Bounded(
            provider.GetRequiredService<GridOptions>().Features))
        .AddSingleton<Func<IEnumerable<ReplicaLayout>>>(provider => provider.GetRequiredService<SegmentHost>().HeadLayouts)
        .AddHostedService<ReplicaMonitor>()
        .AddHostedService<PeerMonitor>()
        .AddHostedService<MembershipGuard>()
        .AddHostedService<WorkerHandover>();

    /// <summary>The data plane, which listens before anything else of the grid starts.</summary>
    public static IServiceCollection AddDataPlane(this IServiceCollection services) => services
        .AddSingleton<TableGossip>()
        .AddSingleton<FrameDispatcher>()
        .AddSingleton(provider => new KnownPeers(
            provider.GetRequiredService<TableStore>(),
            provider.GetService<StagePeers>(),
            provider.GetService<IClusterMembershipService>()))
        .AddHostedService<DataPlaneService>();

    /// <summary>The grid's clock.</summary>
    public static TimeProvider Clock(this IServiceProvider provider) => provider.GetRequiredKeyedService<TimeProvider>(GridClock.Key);

    private static IServiceCollection AddSingletonService<T>(this IServiceCollection services)
        where T : class, IHostedService => services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());

    private static DeviceHealth HealthOf(GridOptions options)
    {
        DeviceHealth health = new(TimeProvider.System);
        foreach (DeviceSpec device in options.Devices)
            health.Add(device.Name);
        foreach (MissingDevice device in options.Missing)
            health.Report(device.Device, DeviceState.Lost, IllnessKind.Missing, device.Reason);
        return health;
    }

    private static GridNode NodeOf(IServiceProvider provider) => new(
        provider.GetRequiredService<GridOptions>(),
        provider.GetRequiredService<LocalNode>(),
        provider.GetRequiredService<FrontEndReadiness>(),
        provider.GetRequiredService<TableStore>(),
        provider.GetService<ModelLibrary>(),
        provider.GetService<SegmentHost>());

    private static Embedder EmbedderOf(IServiceProvider provider) => new(
        provider.GetRequiredService<RequestChecker>(),
        provider.GetRequiredService<Admission>(),
        provider.GetRequiredService<EmbeddingCache>(),
        provider.GetRequiredService<ImageComputer>(),
        provider.GetRequiredService<ImageRecorder>(),
        provider.Clock());
}
