using k8s;

namespace VitGrid.Server.Tests.Deploy.Kustomize;

/// <summary>A <c>kustomization.yaml</c>, of which the repository uses these fields; any other is an error.</summary>
internal sealed class Kustomization
{
    public const string FileName = "kustomization.yaml";

    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public string? Namespace { get; set; }

    public List<string> Resources { get; set; } = [];

    public List<string> Components { get; set; } = [];

    public List<PatchFile> Patches { get; set; } = [];

    public static Kustomization Read(string folder) =>
        KubernetesYaml.Deserialize<Kustomization>(File.ReadAllText(Path.Combine(folder, FileName)), strict: true);
}

/// <summary>A strategic merge patch in a file of its own.</summary>
internal sealed class PatchFile
{
    public string Path { get; set; } = "";
}
