using YamlDotNet.RepresentationModel;

namespace VitGrid.Server.Tests.Deploy.Kustomize;

/// <summary>
/// What <c>kubectl kustomize</c> makes of a folder, for machines without kubectl. Refuses a missing file and a patch that meets nothing.
/// </summary>
internal static class KustomizeBuild
{
    /// <summary>The documents of an overlay, or of a folder with components put over it.</summary>
    public static IReadOnlyList<YamlMappingNode> From(string folder, params string[] components)
    {
        List<YamlMappingNode> documents = [];
        Apply(folder, documents);
        foreach (string component in components)
            Apply(component, documents);
        return documents;
    }

    public static IEnumerable<YamlMappingNode> Documents(string file)
    {
        YamlStream stream = [];
        using StreamReader reader = File.OpenText(file);
        stream.Load(reader);
        return stream.Documents.Select(document => (YamlMappingNode)document.RootNode);
    }

    /// <summary>Kind and name, by which patches find their target.</summary>
    public static string Identity(YamlMappingNode document) =>
        $"{document["apiVersion"]}/{document["kind"]}/{document["metadata"]["name"]}";

    public static string Text(YamlMappingNode document)
    {
        using StringWriter writer = new();
        new YamlStream(new YamlDocument(document)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }

    private static void Apply(string folder, List<YamlMappingNode> documents)
    {
        Kustomization kustomization = Kustomization.Read(folder);
        foreach (string resource in kustomization.Resources.Select(path => Path.GetFullPath(path, folder)))
        {
            if (Directory.Exists(resource))
                Apply(resource, documents);
            else
                documents.AddRange(Documents(resource));
        }
        foreach (string component in kustomization.Components)
            Apply(Path.GetFullPath(component, folder), documents);
        foreach (YamlMappingNode patch in kustomization.Patches.SelectMany(patch => Documents(Path.Combine(folder, patch.Path))))
            Patch(documents, patch, folder);
        if (kustomization.Namespace is { } name)
            documents.ForEach(document => Place(document, name));
    }

    private static void Patch(List<YamlMappingNode> documents, YamlMappingNode patch, string folder)
    {
        YamlMappingNode target = documents.SingleOrDefault(document => Identity(document) == Identity(patch))
            ?? throw new InvalidOperationException($"{folder}: no resource is {Identity(patch)}, which a patch names");
        StrategicMerge.Into(target, patch);
    }

    private static void Place(YamlMappingNode document, string name)
    {
        if (document["kind"].ToString() != "Namespace")
            ((YamlMappingNode)document["metadata"]).Children[new YamlScalarNode("namespace")] = new YamlScalarNode(name);
    }
}
