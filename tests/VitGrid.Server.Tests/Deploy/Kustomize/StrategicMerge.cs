using YamlDotNet.RepresentationModel;

namespace VitGrid.Server.Tests.Deploy.Kustomize;

/// <summary>
/// Kubernetes' strategic merge, as far as the repository's patches use it: mappings merge key by key, null removes a key, lists of
/// named things merge by their name, other lists are replaced.
/// </summary>
internal static class StrategicMerge
{
    private static readonly Dictionary<string, string> NameInList = new()
    {
        ["containers"] = "name",
        ["env"] = "name",
        ["ports"] = "containerPort",
        ["volumeMounts"] = "mountPath",
        ["volumes"] = "name",
    };

    public static void Into(YamlMappingNode target, YamlMappingNode patch)
    {
        foreach ((YamlNode key, YamlNode value) in patch)
        {
            if (value is YamlScalarNode { Value: "null" or "~" or "" })
                target.Children.Remove(key);
            else if (target.Children.TryGetValue(key, out YamlNode? old))
                target.Children[key] = Merged(key.ToString(), old, value);
            else
                target.Add(key, value);
        }
    }

    private static YamlNode Merged(string key, YamlNode old, YamlNode patch)
    {
        switch (old, patch)
        {
            case (YamlMappingNode into, YamlMappingNode from):
                Into(into, from);
                return into;
            case (YamlSequenceNode into, YamlSequenceNode from) when NameInList.TryGetValue(key, out string? name):
                MergeByName(into, from, name);
                return into;
            default:
                return patch;
        }
    }

    private static void MergeByName(YamlSequenceNode into, YamlSequenceNode from, string name)
    {
        foreach (YamlMappingNode item in from.Children.Cast<YamlMappingNode>())
        {
            if (into.Children.Cast<YamlMappingNode>().FirstOrDefault(old => old[name].Equals(item[name])) is { } same)
                Into(same, item);
            else
                into.Add(item);
        }
    }
}
