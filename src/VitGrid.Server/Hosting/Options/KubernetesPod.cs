using System.Net;
using VitGrid.Engine.Options;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>What <c>Cluster:Kubernetes</c> takes from the variables that a pod's template sets. Pure.</summary>
/// <param name="configuration">The environment among it.</param>
/// <param name="path">Section <c>Cluster</c>.</param>
/// <param name="faults">Takes what is missing or contradicts the pod.</param>
internal sealed class KubernetesPod(IConfiguration configuration, SettingPath path, List<string> faults)
{
    private const string ClusterLabel = "metadata.labels['orleans/clusterId']";
    private const string ServiceLabel = "metadata.labels['orleans/serviceId']";

    /// <summary>The options with the pod's address and its grid's id.</summary>
    /// <param name="cluster">What was configured.</param>
    /// <param name="role">A front end is a client: it has no silo that would be named after the pod.</param>
    public ClusterOptions Over(ClusterOptions cluster, GridRole role)
    {
        if (role != GridRole.Api)
            CheckSilo();
        string id = Needed("ORLEANS_CLUSTER_ID", ClusterLabel) ?? cluster.Id;
        if (Configured(nameof(cluster.Id)) is { } configured && configured != id)
            faults.Add($"{path[nameof(cluster.Id)]} is '{configured}', but ORLEANS_CLUSTER_ID, the pod's label orleans/clusterId, is "
                + $"'{id}'; let them be equal, or leave the setting out");
        string? address = Needed("POD_IP", "status.podIP");
        if (address is not null && !IPAddress.TryParse(address, out _))
            Reject($"POD_IP is '{address}', which is no address; set it from the pod's status.podIP");
        return cluster with { Id = id, AdvertisedHost = cluster.AdvertisedHost ?? address };
    }

    private void CheckSilo()
    {
        _ = Needed("POD_NAME", "metadata.name");
        _ = Needed("POD_NAMESPACE", "metadata.namespace");
        if (Needed("ORLEANS_SERVICE_ID", ServiceLabel) is { } service && service != ClusterOptions.ServiceId)
            Reject($"ORLEANS_SERVICE_ID is '{service}'; label the pod orleans/serviceId={ClusterOptions.ServiceId}");
        if (configuration["KUBERNETES_SERVICE_HOST"] is null)
            Reject("KUBERNETES_SERVICE_HOST is missing, so this process is in no pod; leave the setting out elsewhere");
    }

    private string? Needed(string name, string field)
    {
        if (configuration[name] is { Length: > 0 } value)
            return value;
        Reject($"the variable {name} is missing; set it from the pod's {field}");
        return null;
    }

    private string? Configured(string key) =>
        configuration[path[key].Text] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private void Reject(string why) => faults.Add($"{path[nameof(ClusterOptions.Kubernetes)]} is true, but {why}");
}
