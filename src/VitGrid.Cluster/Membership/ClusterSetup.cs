using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;
using VitGrid.Redis;
using ClusterOptions = VitGrid.Engine.Options.ClusterOptions;

namespace VitGrid.Cluster.Membership;

/// <summary>How silos and clients of one grid find and watch each other.</summary>
internal static class ClusterSetup
{
    /// <summary>A silo: alone under a cluster id that no other process has, or one of those that meet in Redis.</summary>
    public static ISiloBuilder UseVitGridSilo(this ISiloBuilder silo, GridOptions options)
    {
        ClusterOptions cluster = options.Cluster;
        IPAddress address = ClusterAddress.From(cluster)!;
        (int siloPort, int gatewayPort) = FreePorts.From(cluster, IPAddress.IsLoopback(address) ? address : IPAddress.Any);
        silo
            .Configure<GrainCollectionOptions>(grains => grains.DeactivationTimeout = ShutdownLimit.For(options))
            .UseTls(cluster.Tls);
        BoundedStop.Wrap(silo.Services);
        if (cluster.Kubernetes)
            silo.UseKubernetesHosting();
        return cluster.Redis is null
            ? silo.UseLocalhostClustering(
                siloPort, gatewayPort, serviceId: ClusterOptions.ServiceId, clusterId: $"vitgrid-{Guid.NewGuid():n}")
            : silo.UseRedis(cluster).ConfigureEndpoints(
                address, siloPort, gatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
    }

    /// <summary>A client of the silos that meet in Redis; keeps trying until there is one.</summary>
    public static IClientBuilder UseVitGridClient(this IClientBuilder client, GridOptions options)
    {
        if (options.Cluster.Redis is null)
            throw new GridConfigurationException(
                [$"{RedisSetting.Membership} is missing; a front end finds its workers there: name it with --redis HOST:PORT"]);
        return client
            .Configure<Orleans.Configuration.ClusterOptions>(ids => Name(ids, options.Cluster))
            .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
            .UseConnectionRetryFilter<WorkerSearch>()
            .UseRedisClustering(membership => Meet(membership, options.Cluster))
            .UseTls(options.Cluster.Tls);
    }

    // The directory is experimental in name; the ordinary one loses activations on healthy silos when another one leaves.
#pragma warning disable ORLEANSEXP003
    private static ISiloBuilder UseRedis(this ISiloBuilder silo, ClusterOptions cluster) => silo
        .Configure<Orleans.Configuration.ClusterOptions>(ids => Name(ids, cluster))
        .UseRedisClustering(membership => Meet(membership, cluster))
        .Watch()
        .AddDistributedGrainDirectory()
        .Configure<GrainDirectoryOptions>(
            directory => directory.RangeLeaseDuration = TimeSpan.FromMilliseconds(cluster.DirectoryLeaseMilliseconds))
        .Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(cluster.ProbeMilliseconds);
            membership.MaxProbeTimeout = TimeSpan.FromMilliseconds(cluster.MaxProbeMilliseconds);
            membership.NumMissedProbesLimit = cluster.MissedProbes;
            membership.NumVotesForDeathDeclaration = cluster.Votes;
            // As many as make 90 s: by the clocks of two machines, which nobody sets. DepartedSilos needs none of them.
            membership.IAmAliveTablePublishTimeout = DepartedSilo.Heartbeat;
            membership.NumMissedTableIAmAliveLimit = 30;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            // It compares two machines' clocks: one that is minutes behind could never join. Probes find whoever dies while joining.
            membership.EvictWhenMaxJoinAttemptTimeExceeded = false;
        });
#pragma warning restore ORLEANSEXP003

    /// <summary>Puts <see cref="GridMembership"/> before the table in Redis.</summary>
    private static ISiloBuilder Watch(this ISiloBuilder silo)
    {
        ServiceDescriptor redis = silo.Services.Last(service => service.ServiceType == typeof(IMembershipTable));
        silo.Services.AddSingleton<DepartedSilos>()
            .Replace(ServiceDescriptor.Singleton<IMembershipTable>(provider => ActivatorUtilities.CreateInstance<GridMembership>(
                provider, (IMembershipTable)redis.ImplementationFactory!(provider))));
        return silo;
    }

    private static void Meet(RedisClusteringOptions membership, ClusterOptions cluster)
    {
        membership.ConfigurationOptions = RedisSetting.Parse(cluster);
        membership.CreateMultiplexer = async options =>
        {
            (IConnectionMultiplexer redis, bool isShared) = await RedisClusteringOptions.DefaultCreateMultiplexer(options);
            if (!redis.IsCluster())
                return (redis, isShared);
            await redis.DisposeAsync();
            throw new GridConfigurationException(
                [
                    $"{RedisSetting.Membership} is '{RedisAddress.Describe(cluster.Redis!)}', a Redis Cluster, which the membership does "
                        + "not support; name a single Redis, with replicas and sentinels if you like",
                ]);
        };
        if (cluster.KeyPrefix is { } prefix)
            membership.CreateRedisKey = ids => RedisClusteringOptions.DefaultCreateRedisKey(ids).Prepend(prefix);
    }

    private static void Name(Orleans.Configuration.ClusterOptions ids, ClusterOptions cluster)
    {
        ids.ServiceId = ClusterOptions.ServiceId;
        ids.ClusterId = cluster.Id;
    }
}
