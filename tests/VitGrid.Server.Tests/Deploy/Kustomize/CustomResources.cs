using k8s;
using k8s.Models;

namespace VitGrid.Server.Tests.Deploy.Kustomize;

/// <summary>
/// Kinds that operators add to Kubernetes, with the fields of their published schemas that the repository uses; any other field is an
/// error.
/// </summary>
internal static class CustomResources
{
    public static IDictionary<string, Type> Types { get; } = new Dictionary<string, Type>
    {
        ["cert-manager.io/v1/Certificate"] = typeof(CustomResource<CertificateSpec>),
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(CustomResource<ScaledObjectSpec>),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(CustomResource<ServiceMonitorSpec>),
    };
}

internal sealed class CustomResource<TSpec> : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public TSpec? Spec { get; set; }
}

internal sealed record CertificateSpec
{
    public string SecretName { get; set; } = "";

    public string Duration { get; set; } = "";

    public string RenewBefore { get; set; } = "";

    public string CommonName { get; set; } = "";

    public List<string> DnsNames { get; set; } = [];

    public List<string> Usages { get; set; } = [];

    public CertificateKey PrivateKey { get; set; } = new();

    public CertificateIssuer IssuerRef { get; set; } = new();
}

internal sealed record CertificateKey
{
    public string Algorithm { get; set; } = "";

    public int Size { get; set; }

    public string Encoding { get; set; } = "";

    public string RotationPolicy { get; set; } = "";
}

internal sealed record CertificateIssuer
{
    public string Group { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";
}

internal sealed record ServiceMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();

    public List<string> TargetLabels { get; set; } = [];

    public List<MonitorEndpoint> Endpoints { get; set; } = [];
}

internal sealed record MonitorAuthorization
{
    public string Type { get; set; } = "";

    public V1SecretKeySelector Credentials { get; set; } = new();
}

internal sealed record MonitorEndpoint
{
    public MonitorAuthorization? Authorization { get; set; }

    public string Port { get; set; } = "";

    public string Path { get; set; } = "";

    public string Interval { get; set; } = "";

    public string ScrapeTimeout { get; set; } = "";
}

internal sealed record ScaledObjectSpec
{
    public V2CrossVersionObjectReference ScaleTargetRef { get; set; } = new();

    public int MinReplicaCount { get; set; }

    public int MaxReplicaCount { get; set; }

    public int PollingInterval { get; set; }

    public int CooldownPeriod { get; set; }

    public ScalerAdvanced Advanced { get; set; } = new();

    public List<ScalerTrigger> Triggers { get; set; } = [];
}

internal sealed record ScalerAdvanced
{
    public ScalerBehavior HorizontalPodAutoscalerConfig { get; set; } = new();
}

internal sealed record ScalerBehavior
{
    public V2HorizontalPodAutoscalerBehavior Behavior { get; set; } = new();
}

internal sealed record ScalerTrigger
{
    public string Type { get; set; } = "";

    public Dictionary<string, string> Metadata { get; set; } = [];
}
