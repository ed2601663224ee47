using k8s.Models;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>Gateways, the data plane and Redis have no keys of their own: only the grid's pods may reach them.</summary>
public sealed class NetworkTests
{
    private static readonly string[] Private = ["silo", "gateway", "data", "redis"];

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void What_no_policy_allows_is_denied(string composition)
    {
        V1NetworkPolicySpec deny = RenderedGrid.From(composition).Named<V1NetworkPolicy>("default-deny").Spec;

        Assert.Equal(["Ingress", "Egress"], deny.PolicyTypes);
        Assert.True(deny.PodSelector.MatchLabels is null && deny.PodSelector.MatchExpressions is null);
        Assert.True(deny.Ingress is null && deny.Egress is null);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Only_pods_of_the_grid_reach_silos_gateways_the_data_plane_and_redis(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        string[] members = ["vitgrid-api", "vitgrid-worker"];

        foreach (V1NetworkPolicyIngressRule rule in grid.From<V1NetworkPolicy>().SelectMany(policy => policy.Spec.Ingress ?? []))
        {
            Assert.All(rule.Ports, port => Assert.True(
                Private.Contains(port.Port.Value) || port.Port.Value is "http" or "queue", port.Port.Value));
            if (rule.Ports.Any(port => Private.Contains(port.Port.Value)))
            {
                V1NetworkPolicyPeer peer = Assert.Single(rule.FromProperty);
                Assert.True(peer.NamespaceSelector is null && peer.IpBlock is null);
                Assert.Equal(members, grid.Pods.Where(pods => pods.Matches(peer.PodSelector)).Select(pods => pods.Name).Order(
                    StringComparer.Ordinal));
            }
        }
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void What_the_grid_may_leave_for_lets_it_in_on_the_same_ports(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        V1NetworkPolicy[] policies = [.. grid.From<V1NetworkPolicy>()];

        foreach (V1NetworkPolicyEgressRule rule in policies.SelectMany(policy => policy.Spec.Egress ?? [])
            .Where(rule => rule.To?.Any(peer => peer is { PodSelector: not null, NamespaceSelector: null }) == true))
        {
            PodSet target = Assert.Single(grid.Pods, pods => pods.Matches(rule.To.Single().PodSelector));
            string[] admitted = [.. policies.Where(policy => target.Matches(policy.Spec.PodSelector))
                .SelectMany(policy => policy.Spec.Ingress ?? []).SelectMany(ingress => ingress.Ports).Select(port => port.Port.Value)];
            Assert.All(rule.Ports, port => Assert.True(target.HasPort(port.Port), $"{target.Name} has no port {port.Port}"));
            Assert.Subset(admitted.ToHashSet(), rule.Ports.Select(port => port.Port.Value).ToHashSet());
        }
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void The_grid_leaves_its_namespace_for_names_alone_and_a_worker_besides_for_Kubernetes(string composition)
    {
        IEnumerable<(string Policy, V1NetworkPolicyEgressRule Rule)> outside = RenderedGrid.From(composition).From<V1NetworkPolicy>()
            .SelectMany(policy => (policy.Spec.Egress ?? []).Select(rule => (policy.Metadata.Name, rule)))
            .Where(pair => pair.rule.To is null
                || pair.rule.To.Any(peer => peer.NamespaceSelector is not null || peer.IpBlock is not null));
        foreach ((string policy, V1NetworkPolicyEgressRule rule) in outside)
        {
            string[] ports = [.. rule.Ports.Select(port => port.Port.Value).Distinct()];
            if (policy == "workers-watch-pods")
            {
                Assert.Equal(["443", "6443"], ports);
                Assert.Equal(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"], rule.To.Select(
                    peer => peer.IpBlock.Cidr));
            }
            else
            {
                Assert.Equal(("grid-asks-dns", "kube-dns", "53"), (
                    policy, rule.To.Single().PodSelector.MatchLabels["k8s-app"], Assert.Single(ports)));
            }
        }
    }

    [Fact]
    public void Only_the_scraper_reaches_the_metrics_of_a_worker_and_it_shows_its_key()
    {
        RenderedGrid grid = RenderedGrid.From("base+components/monitoring");
        PodSet worker = grid.Pods.Single(pods => pods.Name == "vitgrid-worker");
        V1NetworkPolicyPeer scraper = Assert.Single(Assert.Single(grid.From<V1NetworkPolicy>()
            .Where(policy => worker.Matches(policy.Spec.PodSelector)).SelectMany(policy => policy.Spec.Ingress ?? []),
            rule => rule.Ports.Any(port => port.Port.Value == "http")).FromProperty);
        Assert.Equal("prometheus", scraper.PodSelector.MatchLabels["app.kubernetes.io/name"]);
        Assert.Equal("monitoring", scraper.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]);
        MonitorEndpoint endpoint = grid.From<CustomResource<ServiceMonitorSpec>>().Single().Spec!.Endpoints.Single();
        Assert.Equal(("vitgrid-scraper-key", "token"), (endpoint.Authorization!.Credentials.Name, endpoint.Authorization.Credentials.Key));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void No_container_may_do_more_than_it_needs(string composition) => Assert.All(RenderedGrid.From(composition).Pods, pods =>
    {
        V1PodSecurityContext pod = pods.Spec.SecurityContext;
        V1SecurityContext container = pods.Container.SecurityContext;
        Assert.True(pod.RunAsNonRoot == true && pod.RunAsUser > 0 && pod.RunAsGroup > 0, pods.Name);
        Assert.Equal("RuntimeDefault", pod.SeccompProfile.Type);
        Assert.True(container.ReadOnlyRootFilesystem == true && container.AllowPrivilegeEscalation == false && container.Privileged is null,
            pods.Name);
        Assert.Equal(["ALL"], container.Capabilities.Drop);
        Assert.True(pods.Spec.HostNetwork is null && pods.Spec.HostPID is null && pods.Spec.HostIPC is null);
        Assert.False(pods.Spec.EnableServiceLinks);
    });
}
