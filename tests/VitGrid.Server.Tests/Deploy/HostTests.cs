using k8s.Models;
using Microsoft.AspNetCore.Http;
using VitGrid.Server.Api.Origins;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>Who asks a deployed front end names it as it may be named.</summary>
public sealed class HostTests
{
    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void The_names_of_its_service_and_a_pods_address_are_taken_and_no_other(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        HostNames names = new(new HttpOptions { Hosts = grid.Setting(grid.Api, "VitGrid__Http__Hosts")!.Split(',') });
        V1Service service = grid.Named<V1Service>("vitgrid-api");
        string name = service.Metadata.Name, space = service.Metadata.NamespaceProperty;

        Assert.All(
            [name, $"{name}.{space}", $"{name}.{space}.svc:80", $"{name}.{space}.svc.cluster.local", "10.244.3.17:8080", "[fd00::1]:8080"],
            host => Assert.True(names.Contain(new HostString(host)), host));
        Assert.False(names.Contain(new HostString("evil.example")));
        Assert.DoesNotContain(
            grid.Api.Spec.Template.Spec.Containers.Single().ReadinessProbe.HttpGet.HttpHeaders ?? [], header => header.Name == "Host");
    }

    [Fact]
    public void In_compose_the_front_ends_name_is_taken() => Assert.Contains(
        "VitGrid__Http__Hosts: ${VITGRID_HOSTS:-api}", DeployFiles.Read("compose.yaml"), StringComparison.Ordinal);
}
