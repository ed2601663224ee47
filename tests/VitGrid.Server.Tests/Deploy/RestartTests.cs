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

    /// <summary>A start that misses a device knows it by the name of its host and by a file that outlives the process.</summary>
    [Fact]
    public void Compose_keeps_what_devices_a_worker_has_had()
    {
        Dictionary<string, ComposeService> services = ComposeFile.Read("compose.yaml").Services;
        Assert.All(["worker-1", "worker-2"], name =>
        {
            Assert.Equal(name, services[name].HostName);
            Assert.Contains("devices:/var/lib/vitgrid/devices", services[name].Volumes);
        });
        string image = DeployFiles.Read("Dockerfile");
        Assert.Equal(2, image.Split(" /var/lib/vitgrid/devices").Length - 1);
        Assert.Equal(2, image.Split("VITGRID_HOME=/var/lib/vitgrid ").Length - 1);
    }

    [Theory]
    [MemberData(nameof(RenderedGrid.Compositions), MemberType = typeof(RenderedGrid))]
    public void Kubernetes_keeps_what_devices_a_worker_has_had_as_long_as_the_pod_lives(string composition)
    {
        V1PodSpec pod = RenderedGrid.From(composition).Worker.Spec.Template.Spec;
        V1VolumeMount mount = pod.Containers.Single().VolumeMounts.Single(mount => mount.MountPath == "/var/lib/vitgrid/devices");
        Assert.NotEqual(true, mount.ReadOnlyProperty);
        Assert.NotNull(pod.Volumes.Single(volume => volume.Name == mount.Name).EmptyDir);
    }
}
