using System.Globalization;
using k8s.Models;
using VitGrid.Engine.Options;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>What a process of the grid needs from its pod: time to end, an identity, devices, and a membership that survives.</summary>
public sealed class GridPodsTests
{
    /// <summary>
    /// Seconds between the last answer and the end of the process: handing over, leaving the membership, freeing weights.
    /// </summary>
    private const int LeavingSeconds = 20;

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void A_pod_is_given_time_for_its_preStop_its_drain_and_its_leave(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);

        foreach (V1Deployment deployment in new[] { grid.Api, grid.Worker })
        {
            V1PodSpec spec = deployment.Spec.Template.Spec;
            long preStop = spec.Containers.Single().Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;
            double drain = (Milliseconds(grid, deployment, "DrainMilliseconds") + Milliseconds(
                grid, deployment, "LingerMilliseconds")) / 1_000.0;
            Assert.True(spec.TerminationGracePeriodSeconds >= preStop + drain + LeavingSeconds, deployment.Metadata.Name);
        }
        Assert.True(grid.Api.Spec.Template.Spec.Containers.Single().Lifecycle.PreStop.Sleep.Seconds > 0,
            "a Service sends requests to a pod that goes");
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void A_silo_is_named_after_its_pod_and_may_watch_the_pods_of_its_cluster(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        V1PodTemplateSpec template = grid.Worker.Spec.Template;
        Dictionary<string, string?> fields = template.Spec.Containers.Single().Env
            .Where(variable => variable.ValueFrom?.FieldRef is not null)
            .ToDictionary(variable => variable.Name, variable => variable.ValueFrom?.FieldRef.FieldPath);

        Assert.Equal("metadata.name", fields["POD_NAME"]);
        Assert.Equal("metadata.namespace", fields["POD_NAMESPACE"]);
        Assert.Equal("status.podIP", fields["POD_IP"]);
        Assert.Equal("metadata.labels['orleans/serviceId']", fields["ORLEANS_SERVICE_ID"]);
        Assert.Equal("metadata.labels['orleans/clusterId']", fields["ORLEANS_CLUSTER_ID"]);
        Assert.Equal(grid.Setting(grid.Worker, "VitGrid__Cluster__Id"), template.Metadata.Labels["orleans/clusterId"]);
        Assert.Equal(ClusterOptions.ServiceId, template.Metadata.Labels["orleans/serviceId"]);
        Assert.DoesNotContain("orleans/serviceId", grid.Api.Spec.Template.Metadata.Labels.Keys);
        Assert.Equal(grid.Setting(grid.Worker, "VitGrid__Cluster__Id"), grid.Setting(grid.Api, "VitGrid__Cluster__Id"));
        Assert.Equal("true", grid.Setting(grid.Worker, "VitGrid__Cluster__Kubernetes"));
        Assert.True(template.Spec.AutomountServiceAccountToken);
        V1PolicyRule rule = Assert.Single(grid.Named<V1Role>(template.Spec.ServiceAccountName).Rules);
        Assert.Equal(["pods"], rule.Resources);
        Assert.Equal(["get", "list", "watch", "patch"], rule.Verbs);
        Assert.False(grid.Api.Spec.Template.Spec.AutomountServiceAccountToken);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void The_ports_a_worker_is_told_are_the_ports_it_opens(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        IList<V1ContainerPort> open = grid.Worker.Spec.Template.Spec.Containers.Single().Ports;

        Assert.All([("silo", "SiloPort"), ("gateway", "GatewayPort"), ("data", "DataPort")], pair => Assert.Equal(
            grid.Setting(grid.Worker, $"VitGrid__Cluster__{pair.Item2}"),
            open.Single(port => port.Name == pair.Item1).ContainerPort.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal("rediss://grid:@vitgrid-redis:6379", grid.Setting(grid.Api, "VitGrid__Cluster__Redis"));
        V1Service redis = grid.Named<V1Service>("vitgrid-redis");
        Assert.Equal(6379, Assert.Single(redis.Spec.Ports).Port);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Workers_go_one_at_a_time_and_none_waits_for_the_devices_of_another(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        V1RollingUpdateDeployment rolling = grid.Worker.Spec.Strategy.RollingUpdate;

        Assert.Equal("0", rolling.MaxSurge.Value);
        Assert.Equal("1", rolling.MaxUnavailable.Value);
        Assert.Equal("1", grid.Named<V1PodDisruptionBudget>("vitgrid-worker").Spec.MaxUnavailable.Value);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Membership_survives_a_restart_of_redis(string composition)
    {
        V1StatefulSet redis = RenderedGrid.From(composition).Named<V1StatefulSet>("vitgrid-redis");
        V1Container container = redis.Spec.Template.Spec.Containers.Single();
        string arguments = string.Join(' ', container.Args);

        Assert.Contains("--appendonly yes --appendfsync always", arguments, StringComparison.Ordinal);
        Assert.Contains("--maxmemory-policy noeviction", arguments, StringComparison.Ordinal);
        Assert.Equal("/data", container.VolumeMounts.Single(
            mount => mount.Name == redis.Spec.VolumeClaimTemplates.Single().Metadata.Name).MountPath);
    }

    [Theory]
    [InlineData("overlays/gpu")]
    [InlineData("overlays/production")]
    public void A_gpu_worker_has_one_gpu_its_image_and_the_checkpoints(string overlay)
    {
        V1PodSpec spec = RenderedGrid.From(overlay).Worker.Spec.Template.Spec;
        V1Container container = spec.Containers.Single();

        Assert.Equal("1", container.Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.Equal("nvidia.com/gpu", Assert.Single(spec.Tolerations).Key);
        Assert.Equal("vitgrid:0.1.0-cuda", container.Image);
        Assert.Equal("/var/lib/vitgrid/models", container.VolumeMounts.Single(mount => mount.Name == "models").MountPath);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void No_process_speaks_plaintext_and_certificates_and_passwords_lie_where_they_are_looked_for(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        foreach ((V1Deployment deployment, string role) in new[] { (grid.Api, "api"), (grid.Worker, "worker") })
        {
            V1PodSpec spec = deployment.Spec.Template.Spec;
            Assert.Null(grid.Setting(deployment, "VitGrid__Cluster__AllowPlaintext"));
            Assert.Equal($"vitgrid-{role}-tls", spec.Volumes.Single(volume => volume.Name == "tls").Secret.SecretName);
            string folder = spec.Containers.Single().VolumeMounts.Single(mount => mount.Name == "tls").MountPath;
            Assert.Equal([$"{folder}/tls.crt", $"{folder}/tls.key", $"{folder}/ca.crt"],
                new[] { "Certificate", "Key", "Authority" }.Select(part => grid.Setting(deployment, $"VitGrid__Cluster__Tls__{part}")));
            string login = spec.Containers.Single().VolumeMounts.Single(mount => mount.Name == "redis-login").MountPath;
            Assert.Equal($"{login}/grid-password", grid.Setting(deployment, "VitGrid__Cluster__RedisPasswordFile"));
            Assert.Equal($"{login}/ca.crt", grid.Setting(deployment, "VitGrid__Cluster__RedisAuthorityFile"));
        }
        Assert.All(grid.From<V1StatefulSet>(), redis => Assert.Subset(
            redis.Spec.Template.Spec.Containers.Single().Args.ToHashSet(),
            new HashSet<string> { "--port 0", "--tls-port 6379", "--aclfile /run/redis/acl/users.acl" }));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void No_pod_takes_more_than_its_part_of_a_node_and_every_image_has_a_version(string composition) =>
        Assert.All(RenderedGrid.From(composition).Pods, pods =>
    {
        Assert.Superset(new HashSet<string> { "cpu", "memory", "ephemeral-storage" }, pods.Container.Resources.Limits.Keys.ToHashSet());
        // Whole cores: of a part of one .NET would start as many threads as of all.
        Assert.Equal(0, pods.Container.Resources.Limits["cpu"].ToDecimal() % 1);
        Assert.Matches(@":[0-9]+\.[0-9]+\.[0-9]+-[a-z]+\z", pods.Container.Image);
    });

    private static int Milliseconds(RenderedGrid grid, V1Deployment deployment, string name) =>
        int.Parse(grid.Setting(deployment, $"VitGrid__Shutdown__{name}") ?? "", CultureInfo.InvariantCulture);
}
