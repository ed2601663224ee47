using System.Text.RegularExpressions;
using System.Xml.Linq;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The Dockerfile against the repository it is built from; its own grammar is checked by .ci/check-deploy.</summary>
public sealed partial class ContainerTests
{
    private static readonly string[] Lines = [
        .. Continuation().Replace(DeployFiles.Read("Dockerfile"), " ").Split('\n').Where(line => !line.StartsWith('#'))];

    public static TheoryData<string> Targets => ["cpu", "cuda"];

    [Fact]
    public void Everything_that_is_copied_is_there_and_reaches_the_context()
    {
        string[] kept = [.. File.ReadLines(Path.Combine(GoldenFiles.Repository, ".dockerignore")).Where(
            line => line.StartsWith('!')).Select(line => line[1..])];
        string[] copied = [.. Starting(Lines, "COPY ").Where(line => !line.Contains("--from", StringComparison.Ordinal)).SelectMany(
            line => line.Split(' ')[1..^1])];

        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(GoldenFiles.Repository, path)), path));
        Assert.All(copied, path => Assert.Contains(path.Split('/')[0], kept));
        Assert.Contains(File.ReadLines(Path.Combine(GoldenFiles.Repository, ".dockerignore")), line => line == "*");
    }

    [Fact]
    public void The_restored_layer_holds_the_server_and_every_project_it_needs()
    {
        IEnumerable<string> needed = Needed("src/VitGrid.Server/VitGrid.Server.csproj").Distinct();
        IEnumerable<string> copied = Starting(Lines, "COPY ").Select(line => line.Split(' ')[1]).Where(
            path => path.EndsWith(".csproj", StringComparison.Ordinal));

        Assert.Equal(needed.Order(StringComparer.Ordinal), copied.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void An_image_runs_without_root_and_is_checked_by_its_own_verb(string target)
    {
        string[] stage = Stage(target);

        Assert.Contains(stage, line => UserAndGroup().IsMatch(line));
        Assert.EndsWith("CMD [\"/app/vitgrid\", \"health\"]", Assert.Single(Starting(stage, "HEALTHCHECK ")), StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"/app/vitgrid\"]", stage);
        Assert.Contains("EXPOSE 8080 11111 30000 11112", stage);
        Assert.Single(Starting(stage, "LABEL org.opencontainers.image.title="));
    }

    [Fact]
    public void Each_image_is_published_in_its_flavour()
    {
        Assert.Contains("COPY --from=published-cpu /app /app", Stage("cpu"));
        Assert.Contains("COPY --from=published-cuda /app /app", Stage("cuda"));
        Assert.All(["restored-cuda", "published-cuda"], stage =>
            Assert.Contains(" -p:VitGridFlavor=cuda", Assert.Single(Starting(Stage(stage), "RUN dotnet ")), StringComparison.Ordinal));
        Assert.DoesNotContain("VitGridFlavor", Assert.Single(Starting(Stage("published-cpu"), "RUN dotnet ")), StringComparison.Ordinal);
    }

    private static string[] Stage(string name)
    {
        int start = Array.FindIndex(
            Lines, line => line.StartsWith("FROM ", StringComparison.Ordinal) && line.EndsWith($" AS {name}", StringComparison.Ordinal));
        Assert.True(start >= 0, $"no stage {name}");
        return [.. Lines.Skip(start + 1).TakeWhile(line => !line.StartsWith("FROM ", StringComparison.Ordinal))];
    }

    private static IEnumerable<string> Starting(IEnumerable<string> lines, string beginning) =>
        lines.Where(line => line.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>A project file and those it references, as paths from the repository's root.</summary>
    private static IEnumerable<string> Needed(string project)
    {
        string file = Path.Combine(GoldenFiles.Repository, project);
        return XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.Combine(Path.GetDirectoryName(file)!, reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Select(path => Path.GetRelativePath(GoldenFiles.Repository, Path.GetFullPath(path)))
            .SelectMany(Needed).Prepend(project);
    }

    [GeneratedRegex(@"\\\r?\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex("^USER [1-9][0-9]*:[1-9][0-9]*$")]
    private static partial Regex UserAndGroup();
}
