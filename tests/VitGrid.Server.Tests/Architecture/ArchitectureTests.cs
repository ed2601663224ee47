using System.Reflection;
using System.Xml.Linq;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>The house's arrows: which project may know which, and which packages each may use.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new()
    {
        ["VitGrid.Client"] = [],
        ["VitGrid.Settings"] = [],
        ["VitGrid.Redis"] = [],
        ["VitGrid.Access"] = ["VitGrid.Settings", "VitGrid.Redis"],
        ["VitGrid.Model"] = [],
        ["VitGrid.Text"] = [],
        ["VitGrid.Hub"] = [],
        ["VitGrid.Runtime"] = ["VitGrid.Model"],
        ["VitGrid.Transport"] = ["VitGrid.Settings"],
        ["VitGrid.Engine"] = ["VitGrid.Settings", "VitGrid.Model", "VitGrid.Runtime", "VitGrid.Text"],
        ["VitGrid.Cluster"] =
        [
            "VitGrid.Settings", "VitGrid.Redis", "VitGrid.Model", "VitGrid.Runtime", "VitGrid.Transport", "VitGrid.Engine", "VitGrid.Text",
        ],
        ["VitGrid.S3"] = [],
        ["VitGrid.Indexing"] = ["VitGrid.Redis", "VitGrid.S3", "VitGrid.Runtime", "VitGrid.Engine"],
        ["VitGrid.Page"] = ["VitGrid.Engine", "VitGrid.Cluster"],
        ["VitGrid.Server"] =
        [
            "VitGrid.Client", "VitGrid.Settings", "VitGrid.Access", "VitGrid.Model", "VitGrid.Runtime", "VitGrid.Transport",
            "VitGrid.Engine", "VitGrid.Cluster", "VitGrid.Indexing", "VitGrid.Hub", "VitGrid.Page", "VitGrid.LoadTest",
        ],
        ["VitGrid.Aspire.Hosting"] = [],
        ["VitGrid.Hosting"] = ["VitGrid.Client", "VitGrid.Server"],
        ["VitGrid.LoadTest"] = ["VitGrid.Client"],
        ["VitGrid.Probe"] = [],
        ["VitGrid.Structure"] = ["VitGrid.LoadTest", "VitGrid.Probe"],
        ["VitGrid.Fuzz"] = ["VitGrid.Server", "VitGrid.Text"],
        ["VitGrid.Benchmarks"] = ["VitGrid.Cluster", "VitGrid.Indexing", "VitGrid.LoadTest", "VitGrid.Text"],
    };

    private static readonly Dictionary<string, string[]> OwnersOfPackages = new()
    {
        ["Aspire.Hosting"] = ["VitGrid.Aspire.Hosting"],
        ["Google.Protobuf"] = ["VitGrid.Model", "VitGrid.Server", "VitGrid.LoadTest"],
        ["Grpc.AspNetCore"] = ["VitGrid.Server"],
        ["Grpc.Net.Client"] = ["VitGrid.LoadTest"],
        ["Scalar.AspNetCore"] = ["VitGrid.Server"],
        ["Microsoft.ML.OnnxRuntime"] = ["VitGrid.Runtime"],
        ["NetVips"] = ["VitGrid.Runtime"],
        ["Microsoft.Orleans"] = ["VitGrid.Cluster", "VitGrid.Benchmarks"],
        ["StackExchange.Redis"] = ["VitGrid.Redis", "VitGrid.Access", "VitGrid.Cluster", "VitGrid.Indexing"],
        ["Parquet.Net"] = ["VitGrid.Indexing"],
        ["Npgsql"] = ["VitGrid.Indexing"],
        ["AWSSDK"] = ["VitGrid.S3"],
        ["Pgvector"] = ["VitGrid.Indexing"],
        ["Microsoft.AspNetCore"] = ["VitGrid.Server"],
        ["Microsoft.Extensions.AI"] = ["VitGrid.Client"],
        ["OpenTelemetry"] = ["VitGrid.Server"],
        // A peer that is measured beside our own; its ids are not exact.
        ["Microsoft.ML.Tokenizers"] = ["VitGrid.Benchmarks"],
    };

    public static TheoryData<string> Projects =>
        [.. Files("*.csproj").Where(file => !file.Contains(".Tests", StringComparison.Ordinal)).Select(
            file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_knows_only_those_the_house_allows(string project)
    {
        IEnumerable<string> referenced = References(project, "ProjectReference").Select(
            path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));
        Assert.Empty(referenced.Except(AllowedProjects[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_package_is_used_only_by_its_owner(string project)
    {
        foreach (string package in References(project, "PackageReference"))
        {
            foreach ((string family, string[] owners) in OwnersOfPackages.Where(
                entry => package.StartsWith(entry.Key, StringComparison.Ordinal)))
                Assert.True(owners.Contains(project), $"{project} references {package}; {family} belongs to {string.Join(", ", owners)}");
        }
    }

    [Theory]
    [InlineData("VitGrid.Client", "Microsoft.AspNetCore")]
    [InlineData("VitGrid.Model", "Microsoft.ML.OnnxRuntime")]
    [InlineData("VitGrid.Model", "NetVips")]
    [InlineData("VitGrid.Runtime", "Orleans")]
    [InlineData("VitGrid.Transport", "Orleans")]
    [InlineData("VitGrid.Transport", "StackExchange.Redis")]
    [InlineData("VitGrid.Access", "Microsoft.AspNetCore")]
    [InlineData("VitGrid.Access", "Orleans")]
    [InlineData("VitGrid.Engine", "Orleans")]
    [InlineData("VitGrid.Engine", "StackExchange.Redis")]
    [InlineData("VitGrid.Engine", "Microsoft.ML.OnnxRuntime")]
    [InlineData("VitGrid.Indexing", "Orleans")]
    [InlineData("VitGrid.Indexing", "Microsoft.ML.OnnxRuntime")]
    [InlineData("VitGrid.Cluster", "Microsoft.ML.OnnxRuntime")]
    [InlineData("VitGrid.Cluster", "Microsoft.AspNetCore")]
    [InlineData("VitGrid.Cluster", "OpenTelemetry")]
    [InlineData("vitgrid", "NetVips")]
    public void An_assembly_does_not_reach_past_its_layer(string assembly, string forbidden)
    {
        // Orleans' own connections are made of these abstractions; they bring no web server.
        IEnumerable<string?> used = Assembly.Load(assembly).GetReferencedAssemblies().Select(name => name.Name).Except(
            ["Microsoft.AspNetCore.Connections.Abstractions"]);
        Assert.DoesNotContain(used, name => name!.StartsWith(forbidden, StringComparison.Ordinal));
    }

    [Fact]
    public void No_file_has_more_than_four_hundred_lines() =>
        Assert.DoesNotContain(Files("*.cs"), file => File.ReadLines(file).Count() > 400);

    [Fact]
    public void Nothing_is_marked_as_left_to_do()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "#reg" + "ion"];
        Assert.DoesNotContain(Files("*.cs"), file => marks.Any(File.ReadAllText(file).Contains));
    }

    [Fact]
    public void Every_version_stands_in_the_central_file() =>
        Assert.DoesNotContain(Files("*.csproj"), file => XDocument.Load(file).Descendants("PackageReference").Any(
            reference => reference.Attribute("Version") is not null));

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(Files($"{project}.csproj").Single()).Descendants(kind).Select(reference => reference.Attribute("Include")!.Value);

    private static IEnumerable<string> Files(string pattern) =>
        new[] { "src", "tests", "loadtest" }
            .SelectMany(top => Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, top), pattern, SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
}
