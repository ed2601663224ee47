using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using VitGrid.Structure.Checkouts;
using VitGrid.Structure.Knots;
using VitGrid.Structure.Lines;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>What makes the house readable from file to file, by the same measures as <c>loadtest/VitGrid.Structure</c> prints.</summary>
public sealed partial class StructureTests
{
    private const int LargestKnot = 8;

    private static readonly Checkout House = Checkout.Open(GoldenFiles.Repository);

    /// <summary>Compiled once for all tests, against what a build put beside them.</summary>
    private static readonly ConcurrentDictionary<string, TypeGraph> Graphs = new();

    public static TheoryData<string> Sources => [.. House.Under("src").Select(project => project.Name)];

    public static TheoryData<string> All => [.. House.Projects.Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Sources))]
    public void At_most_eight_files_of_a_project_depend_on_each_other(string project)
    {
        IReadOnlyList<string> knot = GraphOf(project).Knots() is [var largest, ..] ? largest : [];
        int allowed = StructureExceptions.Allowed("knot", project, LargestKnot);
        Assert.True(knot.Count <= allowed, $"{knot.Count} files of {project} form a knot, {allowed} may: {string.Join(", ", knot)}");
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_folder_of_a_project_needs_one_that_needs_it(string project)
    {
        FolderGraph folders = new(GraphOf(project));
        IReadOnlyList<IReadOnlyList<string>> cycles = folders.Cycles();
        int allowed = StructureExceptions.Allowed("folders", project, 0), found = cycles.Sum(cycle => cycle.Count);
        string edges = string.Join(Environment.NewLine, cycles.SelectMany(folders.Why));
        Assert.True(found <= allowed, $"{found} folders of {project} need each other, {allowed} may:{Environment.NewLine}{edges}");
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("loadtest")]
    public void No_line_is_wider_than_the_editor_settings_say(string top)
    {
        string[] wide =
        [
            .. SourceFiles.Under(Path.Combine(House.Root, top)).SelectMany(file => File.ReadLines(file).Index()
                .Where(line => LineFigures.IsTooWide(line.Item))
                .Select(line => $"{Path.GetRelativePath(House.Root, file)}:{line.Index + 1}")),
        ];
        int allowed = StructureExceptions.Allowed("wide", top, 0);
        Assert.True(
            wide.Length <= allowed,
            $"{wide.Length} lines in {top} are wider than {LineFigures.MaxWidth}, {allowed} may be: {string.Join(", ", wide.Take(20))}");
    }

    [Fact]
    public void The_editor_settings_and_the_tests_mean_the_same_width() =>
        Assert.Contains($"max_line_length = {LineFigures.MaxWidth}", File.ReadLines(Path.Combine(House.Root, ".editorconfig")));

    [Theory]
    [MemberData(nameof(All))]
    public void Only_tests_and_load_tests_see_a_projects_internals(string project)
    {
        HashSet<string> mayLook = [.. House.Under("tests").Concat(House.Under("loadtest")).Select(other => other.AssemblyName)];
        IEnumerable<string> others = Friends(ProjectOf(project)).Except(mayLook);
        Assert.DoesNotContain(others, friend => !StructureExceptions.Allows("internals", project, friend));
    }

    private static IEnumerable<string> Friends(SourceProject project) =>
        XDocument.Load(Path.Combine(project.Root, project.Path)).Descendants("InternalsVisibleTo")
            .Select(friend => friend.Attribute("Include")!.Value)
            .Concat(project.Files().SelectMany(file => Friend().Matches(File.ReadAllText(file))).Select(friend => friend.Groups[1].Value));

    private static SourceProject ProjectOf(string name) => House.Projects.Single(project => project.Name == name);

    private static TypeGraph GraphOf(string project) =>
        Graphs.GetOrAdd(project, name => TypeGraph.From(ProjectOf(name), AppContext.BaseDirectory));

    [GeneratedRegex(@"\[assembly: InternalsVisibleTo\(""([^"",]+)")]
    private static partial Regex Friend();
}
