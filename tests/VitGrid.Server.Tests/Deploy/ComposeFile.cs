using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>A compose file as far as the tests read it.</summary>
internal sealed class ComposeFile
{
    [YamlMember(Alias = "services")]
    public Dictionary<string, ComposeService> Services { get; set; } = [];

    [YamlMember(Alias = "networks")]
    public Dictionary<string, ComposeNetwork> Networks { get; set; } = [];

    /// <summary>Merge keys and anchors are resolved first: they lie in parts of the file that are passed over.</summary>
    public static ComposeFile Read(string file)
    {
        object? whole = new DeserializerBuilder().Build().Deserialize(
            new MergingParser(new Parser(new StringReader(DeployFiles.Read(file)))));
        string plain = new SerializerBuilder().DisableAliases().Build().Serialize(whole);
        return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<ComposeFile>(plain);
    }
}

/// <summary>A network of a compose file.</summary>
internal sealed class ComposeNetwork
{
    [YamlMember(Alias = "internal")]
    public bool Internal { get; set; }
}

/// <summary>A service of a compose file.</summary>
internal sealed class ComposeService
{
    [YamlMember(Alias = "image")]
    public string Image { get; set; } = "";

    [YamlMember(Alias = "hostname")]
    public string? HostName { get; set; }

    [YamlMember(Alias = "command")]
    public List<string> Command { get; set; } = [];

    [YamlMember(Alias = "environment")]
    public Dictionary<string, string> Environment { get; set; } = [];

    [YamlMember(Alias = "networks")]
    public List<string> Networks { get; set; } = [];

    [YamlMember(Alias = "ports")]
    public List<string> Ports { get; set; } = [];

    [YamlMember(Alias = "stop_grace_period")]
    public string StopGracePeriod { get; set; } = "";

    [YamlMember(Alias = "volumes")]
    public List<string> Volumes { get; set; } = [];

    [YamlMember(Alias = "pids_limit")]
    public int? Pids { get; set; }

    [YamlMember(Alias = "mem_limit")]
    public string? Memory { get; set; }

    [YamlMember(Alias = "cpus")]
    public string? Processors { get; set; }

    [YamlMember(Alias = "read_only")]
    public bool IsReadOnly { get; set; }
}
