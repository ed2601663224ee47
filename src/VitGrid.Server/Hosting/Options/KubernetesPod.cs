using System.Net;
using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>What <c>Cluster:Kubernetes</c> takes from the variables that a pod's template sets. Pure.</summary>
internal static class KubernetesPod
{
    private const string ClusterLabel = "metadata.labels['orleans/clusterId']";
    private const string ServiceLabel = "metadata.labels['orleans/serviceId']";

    /// <summary>The options with the pod's address and its grid's id; what is missing or contradicts them is noted.</summary>
    /// <param name="cluster">What was configured.</param>
    /// <param name="section">Section <c>Cluster</c>, which takes the faults.</param>
    /// <param name="role">A front end is a client: it has no silo that would be named after the pod.</param>
    /// <param name="variable">The environment.</param>
    public static ClusterOptions Over(ClusterOptions cluster, SectionReader section, GridRole role, Func<string, string?> variable)
    {
        if (role != GridRole.Api)
            CheckSilo(section, variable);
        string id = Needed("ORLEANS_CLUSTER_ID", ClusterLabel, section, variable) ?? cluster.Id;
        if (section.Text("Id") is { } configured && configured != id)
            section.Reject("Id", $"is '{configured}', but ORLEANS_CLUSTER_ID, the pod's label orleans/clusterId, is '{id}'; let them be "
                + $"equal, or leave the setting out");
        string? address = Needed("POD_IP", "status.podIP", section, variable);
        if (address is not null && !IPAddress.TryParse(address, out _))
            section.Reject("Kubernetes", $"is true, but POD_IP is '{address}', which is no address; set it from the pod's status.podIP");
        return cluster with { Id = id, AdvertisedHost = cluster.AdvertisedHost ?? address };
    }

    private static void CheckSilo(SectionReader section, Func<string, string?> variable)
    {
        _ = Needed("POD_NAME", "metadata.name", section, variable);
        _ = Needed("POD_NAMESPACE", "metadata.namespace", section, variable);
        if (Needed("ORLEANS_SERVICE_ID", ServiceLabel, section, variable) is { } service && service != ClusterOptions.ServiceId)
            section.Reject("Kubernetes",
                $"is true, but ORLEANS_SERVICE_ID is '{service}'; label the pod orleans/serviceId={ClusterOptions.ServiceId}");
        if (variable("KUBERNETES_SERVICE_HOST") is null)
            section.Reject("Kubernetes",
                "is true, but KUBERNETES_SERVICE_HOST is missing, so this process is in no pod; leave the setting out elsewhere");
    }

    private static string? Needed(string name, string field, SectionReader section, Func<string, string?> variable)
    {
        if (variable(name) is { Length: > 0 } value)
            return value;
        section.Reject("Kubernetes", $"is true, but the variable {name} is missing; set it from the pod's {field}");
        return null;
    }
}
