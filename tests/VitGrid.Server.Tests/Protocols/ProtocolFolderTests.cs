using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Protocols;

/// <summary>What it takes to add a protocol: its folder and very few files beside it.</summary>
public sealed class ProtocolFolderTests
{
    private const int MaxFilesOutside = 4;

    private static readonly string Source = Path.Combine(GoldenFiles.Repository, "src");

    [Fact]
    public void A_protocol_is_named_outside_its_folder_only_where_protocols_are_registered()
    {
        string own = Path.Combine(Source, "VitGrid.Server", "Api", "OpenAi") + Path.DirectorySeparatorChar;
        string[] naming =
        [
            .. Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.StartsWith(own, StringComparison.Ordinal))
                .Where(file => File.ReadAllText(file).Contains("Api.OpenAi", StringComparison.Ordinal))
                .Select(file => Path.GetRelativePath(Source, file))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Contains(Path.Combine("VitGrid.Server", "Hosting", "ServerHost.cs"), naming);
        Assert.True(naming.Length <= MaxFilesOutside, string.Join(", ", naming));
    }
}
