using k8s;
using k8s.Models;

namespace VitGrid.Server.Tests.Deploy.Kustomize;

/// <summary>Everything a cluster is given, each document read as its kind: an unknown kind or field is an error.</summary>
internal sealed class RenderedGrid
{
    private readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> _objects;

    private RenderedGrid(IEnumerable<string> documents) =>
        _objects = [.. documents.SelectMany(Read).Cast<IKubernetesObject<V1ObjectMeta>>()];

    /// <summary>Overlays, and the base with each component alone: everything that a user may apply.</summary>
    public static TheoryData<string> Compositions { get; } =
        [.. Folders("overlays"), .. Folders("components").Select(component => $"base+{component}")];

    public IReadOnlyList<PodSet> Pods => [.. From<V1Deployment>().Select(PodSet.From), .. From<V1StatefulSet>().Select(PodSet.From)];

    public V1Deployment Worker => Named<V1Deployment>("vitgrid-worker");

    public V1Deployment Api => Named<V1Deployment>("vitgrid-api");

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects => _objects;

    public static RenderedGrid From(string composition)
    {
        string[] parts = composition.Split('+');
        return new(KustomizeBuild.From(At(parts[0]), [.. parts[1..].Select(At)]).Select(KustomizeBuild.Text));
    }

    /// <summary>What another renderer printed.</summary>
    public static RenderedGrid Parse(string yaml) => new([yaml]);

    public static string At(string folder) => Path.Combine(DeployFiles.Kustomize, folder);

    public static IEnumerable<object> Read(string yaml) => KubernetesYaml.LoadAllFromString(yaml, CustomResources.Types, strict: true);

    public IEnumerable<T> From<T>() => _objects.OfType<T>();

    public T Named<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => From<T>().Single(item => item.Metadata.Name == name);

    public bool Has<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => From<T>().Any(item => item.Metadata.Name == name);

    /// <summary>The value of a setting for the pods of a deployment: its own environment, else the config maps it names.</summary>
    public string? Setting(V1Deployment deployment, string name)
    {
        V1Container container = deployment.Spec.Template.Spec.Containers.Single();
        return container.Env?.SingleOrDefault(variable => variable.Name == name)?.Value
            ?? container.EnvFrom.Select(source => Named<V1ConfigMap>(source.ConfigMapRef.Name).Data)
                .Select(data => data.TryGetValue(name, out string? value) ? value : null).LastOrDefault(value => value is not null);
    }

    private static IEnumerable<string> Folders(string kind) =>
        Directory.EnumerateDirectories(At(kind)).Order(StringComparer.Ordinal).Select(folder => $"{kind}/{Path.GetFileName(folder)}");
}

/// <summary>Pods made from one template.</summary>
internal sealed record PodSet(
    string Name, V1LabelSelector Selector, IDictionary<string, string> Labels, V1PodSpec Spec, IReadOnlyList<string> ClaimTemplates)
{
    public V1Container Container => Spec.Containers.Single();

    public static PodSet From(V1Deployment deployment) =>
        new(deployment.Metadata.Name, deployment.Spec.Selector, deployment.Spec.Template.Metadata.Labels, deployment.Spec.Template.Spec,
            []);

    public static PodSet From(V1StatefulSet set) =>
        new(set.Metadata.Name, set.Spec.Selector, set.Spec.Template.Metadata.Labels, set.Spec.Template.Spec,
        [.. set.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name)]);

    public bool Matches(V1LabelSelector selector) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(
            label => Labels.TryGetValue(label.Key, out string? value) && value == label.Value)
        && (selector.MatchExpressions ?? []).All(Matches);

    public bool HasPort(IntOrString port) =>
        Container.Ports.Any(open => open.Name == port.Value || open.ContainerPort.ToString(
            System.Globalization.CultureInfo.InvariantCulture) == port.Value);

    private bool Matches(V1LabelSelectorRequirement rule) => rule.OperatorProperty == "In"
        ? Labels.TryGetValue(rule.Key, out string? value) && rule.Values.Contains(value)
        : throw new NotSupportedException($"operator {rule.OperatorProperty} of a label selector");
}
