using k8s.Models;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>
/// A process that ends because it has lost a device is started anew, with pauses that grow (Docker's and Kubernetes' own) and without an
/// end; one that hangs in native code is ended by the probe of its life.
/// </summary>
public sealed class RestartTests
{
    [Fact]
    public void Compose_starts_servers_anew_and_never_gives_up()
    {
        string text = DeployFiles.Read("compose.yaml");
        IEnumerable<string> lines = text.Split('\n').Select(line => line.Trim());
        string[] policies = [.. lines.Where(line => line.StartsWith("restart:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        // Both anchors, and two commands that run once.
        Assert.Equal(["restart: \"no\"", "restart: \"no\"", "restart: unless-stopped", "restart: unless-stopped"], policies);
        Assert.All(["max_attempts", "on-failure", "restart_policy"], cap => Assert.DoesNotContain(cap, text, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Kubernetes_starts_workers_anew_and_ends_one_that_does_not_answer(string composition)
    {
        RenderedGrid grid = RenderedGrid.From(composition);
        V1PodSpec pod = grid.Worker.Spec.Template.Spec;
        Assert.True(pod.RestartPolicy is null or "Always", pod.RestartPolicy);
        V1Probe life = pod.Containers.Single().LivenessProbe;
        Assert.Equal("/health/live", life.HttpGet.Path);
        Assert.InRange(life.PeriodSeconds!.Value * life.FailureThreshold!.Value, 30, 120);
    }
}
