using k8s.Models;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>What the manifests name in each other exists, in every composition a user may apply.</summary>
public sealed class WiringTests
{
    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Every_selector_finds_its_pods(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);

        Assert.All(grid.Pods, pods => Assert.True(pods.Matches(pods.Selector), $"{pods.Name} selects other labels than its pods have"));
        Assert.All(grid.From<V1Service>(), service => Assert.Single(
            grid.Pods, pods => pods.Matches(new() { MatchLabels = service.Spec.Selector })));
        Assert.All(grid.From<V1PodDisruptionBudget>(), budget => Assert.Single(grid.Pods, pods => pods.Matches(budget.Spec.Selector)));
        Assert.All(grid.From<V1NetworkPolicy>(), policy => Assert.Contains(grid.Pods, pods => pods.Matches(policy.Spec.PodSelector)));
        Assert.All(grid.Pods.SelectMany(pods => pods.Spec.TopologySpreadConstraints ?? []),
            spread => Assert.Single(grid.Pods, pods => pods.Matches(spread.LabelSelector)));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Every_port_that_is_named_is_open(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);

        Assert.All(grid.From<V1Service>(), service => Assert.All(service.Spec.Ports, port =>
        {
            PodSet behind = grid.Pods.Single(pods => pods.Matches(new() { MatchLabels = service.Spec.Selector }));
            Assert.True(behind.HasPort(port.TargetPort), $"{service.Metadata.Name}: {port.TargetPort}");
        }));
        Assert.All(grid.Pods, pods => Assert.All(
            ProbePorts(pods.Container), port => Assert.True(pods.HasPort(port), $"{pods.Name} probes {port}")));
        Assert.All(grid.From<CustomResource<ServiceMonitorSpec>>(), monitor => Assert.All(
            grid.From<V1Service>().Where(service => Fits(monitor.Spec!.Selector, service.Metadata.Labels)),
            service => Assert.Contains(service.Spec.Ports, port => port.Name == monitor.Spec!.Endpoints.Single().Port)));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Every_volume_is_mounted_once_and_every_mount_has_its_volume(string composition) =>
        Assert.All(RenderedGrid.From(composition).Pods, pods =>
    {
        IEnumerable<string> volumes = (pods.Spec.Volumes ?? []).Select(volume => volume.Name).Concat(pods.ClaimTemplates);
        Assert.Equal(volumes.Order(StringComparer.Ordinal), pods.Container.VolumeMounts.Select(mount => mount.Name).Order(
            StringComparer.Ordinal));
        Assert.Equal(pods.Container.VolumeMounts.Count, pods.Container.VolumeMounts.Select(mount => mount.MountPath).Distinct().Count());
    });

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Every_config_map_secret_claim_and_account_that_pods_name_is_there(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        string[] secrets =
        [
            .. grid.From<CustomResource<CertificateSpec>>().Select(certificate => certificate.Spec!.SecretName), .. InitRun.Secrets.Keys,
        ];

        Assert.All(grid.Pods, pods =>
        {
            Assert.True(grid.Has<V1ServiceAccount>(pods.Spec.ServiceAccountName), pods.Spec.ServiceAccountName);
            Assert.All(pods.Container.EnvFrom ?? [], source => Assert.True(
                grid.Has<V1ConfigMap>(source.ConfigMapRef.Name), source.ConfigMapRef.Name));
            foreach (V1Volume volume in pods.Spec.Volumes ?? [])
            {
                Assert.True(volume.Secret is null || secrets.Contains(volume.Secret.SecretName), volume.Name);
                Assert.True(volume.PersistentVolumeClaim is null || grid.Has<V1PersistentVolumeClaim>(
                    volume.PersistentVolumeClaim.ClaimName), volume.Name);
                Assert.True(volume.ConfigMap is null && volume.HostPath is null, volume.Name);
            }
        });
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void What_scales_a_deployment_finds_it_and_alone_sets_its_replicas(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        string[] scaled =
        [
            .. grid.From<V2HorizontalPodAutoscaler>().Select(scaler => scaler.Spec.ScaleTargetRef.Name),
            .. grid.From<CustomResource<ScaledObjectSpec>>().Select(scaler => scaler.Spec!.ScaleTargetRef.Name),
        ];

        Assert.All(scaled, name => Assert.True(grid.Has<V1Deployment>(name), name));
        Assert.All(grid.From<V1Deployment>(), deployment => Assert.Equal(
            scaled.Contains(deployment.Metadata.Name), deployment.Spec.Replicas is null));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void A_role_is_bound_to_an_account_that_pods_use_and_everything_lies_in_one_namespace(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);

        Assert.All(grid.From<V1RoleBinding>(), binding =>
        {
            Assert.True(grid.Has<V1Role>(binding.RoleRef.Name));
            Rbacv1Subject subject = Assert.Single(binding.Subjects);
            Assert.Contains(grid.Pods, pods => pods.Spec.ServiceAccountName == subject.Name);
            Assert.Equal(binding.Metadata.NamespaceProperty, subject.NamespaceProperty);
        });
        Assert.Equal("vitgrid", Assert.Single(
            grid.Objects.Where(item => item is not V1Namespace).Select(item => item.Metadata.NamespaceProperty).Distinct()));
    }

    private static IEnumerable<IntOrString> ProbePorts(V1Container container) =>
        new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }
            .Select(probe => probe.HttpGet?.Port ?? probe.TcpSocket?.Port).OfType<IntOrString>();

    private static bool Fits(V1LabelSelector selector, IDictionary<string, string> labels) =>
        new PodSet("", selector, labels, new(), []).Matches(selector);
}
