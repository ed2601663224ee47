using Microsoft.Extensions.Configuration;
using VitGrid.Engine.Options;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Hosting;

/// <summary><c>Cluster:Kubernetes</c> against the variables of a pod.</summary>
public sealed class KubernetesPodTests
{
    private static readonly (string, string?)[] Pod =
    [
        ("VitGrid:Cluster:Kubernetes", "true"), ("VitGrid:Cluster:Redis", "vitgrid-redis:6379"), ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
        ("POD_NAME", "vitgrid-worker-7d9c"), ("POD_NAMESPACE", "vitgrid"), ("POD_IP", "10.1.2.3"), ("ORLEANS_SERVICE_ID", "vitgrid"),
        ("ORLEANS_CLUSTER_ID", "blue"),
    ];

    [Fact]
    public void A_worker_has_its_pods_address_and_its_labels_grid()
    {
        ClusterOptions cluster = Read([.. Pod, ("VitGrid:Role", "worker")]);
        Assert.Equal(("10.1.2.3", "blue", true), (cluster.AdvertisedHost, cluster.Id, cluster.Kubernetes));
        Assert.Equal("worker.example", Read([.. Pod, ("VitGrid:Cluster:AdvertisedHost", "worker.example")]).AdvertisedHost);
    }

    [Fact]
    public void A_front_end_needs_the_address_and_the_grid_alone()
    {
        ClusterOptions cluster = Read(
            [.. Pod.Where(pair => pair.Item1 is not ("POD_NAME" or "POD_NAMESPACE" or "ORLEANS_SERVICE_ID")), ("VitGrid:Role", "api")]);
        Assert.Equal(("10.1.2.3", "blue"), (cluster.AdvertisedHost, cluster.Id));
    }

    [Fact]
    public void Every_variable_that_is_missing_is_told_with_the_field_it_comes_from() => Assert.Equal(
        [
            "VitGrid:Cluster:Kubernetes is true, but the variable POD_NAME is missing; set it from the pod's metadata.name",
            "VitGrid:Cluster:Kubernetes is true, but the variable POD_NAMESPACE is missing; set it from the pod's metadata.namespace",
            "VitGrid:Cluster:Kubernetes is true, but the variable ORLEANS_SERVICE_ID is missing; set it from the pod's "
                + "metadata.labels['orleans/serviceId']",
            "VitGrid:Cluster:Kubernetes is true, but KUBERNETES_SERVICE_HOST is missing, so this process is in no pod; leave the setting "
                + "out elsewhere",
            "VitGrid:Cluster:Kubernetes is true, but the variable ORLEANS_CLUSTER_ID is missing; set it from the pod's "
                + "metadata.labels['orleans/clusterId']",
            "VitGrid:Cluster:Kubernetes is true, but the variable POD_IP is missing; set it from the pod's status.podIP",
        ],
        Refused([.. Pod.Take(2)]));

    [Theory]
    [InlineData("ORLEANS_SERVICE_ID", "other", "ORLEANS_SERVICE_ID is 'other'; label the pod orleans/serviceId=vitgrid")]
    [InlineData("POD_IP", "pod", "POD_IP is 'pod', which is no address")]
    [InlineData("VitGrid:Cluster:Id", "green", "is 'green', but ORLEANS_CLUSTER_ID, the pod's label orleans/clusterId, is 'blue'")]
    public void What_contradicts_the_pod_is_told(string name, string value, string told) =>
        Assert.Contains(told, Assert.Single(Refused([.. Pod, (name, value)])), StringComparison.Ordinal);

    [Fact]
    public void Without_the_setting_the_variables_mean_nothing()
    {
        ClusterOptions cluster = Read([.. Pod.Skip(1)]);
        Assert.Equal((null, "vitgrid"), (cluster.AdvertisedHost, cluster.Id));
    }

    private static IReadOnlyList<string> Refused((string, string?)[] settings) =>
        Assert.Throws<OptionsException>(() => Read(settings)).Faults;

    private static ClusterOptions Read((string, string?)[] settings) => OptionsReader.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.GroupBy(pair => pair.Item1).Select(group => KeyValuePair.Create(group.Key, group.Last().Item2)))
        .Build()).Cluster;
}
