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
            .Where(rule => rule.To?.Any(peer => peer.PodSelector is not null) == true))
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
