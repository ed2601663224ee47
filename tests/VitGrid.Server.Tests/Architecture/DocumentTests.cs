using System.Globalization;
using System.Text.RegularExpressions;
using VitGrid.Engine.Errors;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>What the documents name exists.</summary>
public sealed partial class DocumentTests
{
    private const string Numpy = "<!-- numpy -->";

    private const string Client = "<!-- client -->";

    public static TheoryData<string> Documents =>
        [
            .. Directory.EnumerateFiles(GoldenFiles.Repository, "*.md")
                .Concat(Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "docs"), "*.md", SearchOption.AllDirectories))
                .Select(file => Path.GetRelativePath(GoldenFiles.Repository, file)),
        ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_source_path_a_document_names_exists(string document)
    {
        string text = File.ReadAllText(Path.Combine(GoldenFiles.Repository, document));
        IEnumerable<string> named = SourcePath().Matches(text).Select(match => match.Groups[1].Value);
        Assert.All(named, path => Assert.True(Path.Exists(Path.Combine(GoldenFiles.Repository, path)), $"{document} names {path}"));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_to_another_file_leads_somewhere(string document)
    {
        string folder = Path.GetDirectoryName(Path.Combine(GoldenFiles.Repository, document))!;
        IEnumerable<string> linked = Link().Matches(File.ReadAllText(Path.Combine(GoldenFiles.Repository, document))).Select(
            match => match.Groups[1].Value);
        Assert.DoesNotContain(linked, path => !path.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(folder, path)));
    }

    [Fact]
    public void Every_error_code_stands_in_the_readme_beside_its_status()
    {
        string[] lines = File.ReadAllLines(Path.Combine(GoldenFiles.Repository, "README.md"));
        Assert.All(ErrorTable.Rows, row => Assert.Contains(lines, line =>
            line.StartsWith('|')
            && line.Split('|')[1].Contains(row.Status.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            && line.Contains($"`{row.Code}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_code_in_the_readmes_table_of_errors_is_one_of_the_table()
    {
        string[] told = [.. File.ReadLines(Path.Combine(GoldenFiles.Repository, "README.md"))
            .Where(line => ErrorLine().IsMatch(line))
            .SelectMany(line => Code().Matches(line.Split(':')[0]).Select(match => match.Groups[1].Value))];
        Assert.Equal(ErrorTable.Rows.Select(row => row.Code).Order(), told.Order());
    }

    [Fact]
    public void The_readmes_commands_for_the_client_are_run_by_a_check_of_CI()
    {
        string Script(string name) => File.ReadAllText(Path.Combine(GoldenFiles.Repository, ".ci", name));
        Assert.Contains("bash .ci/readme-commands client", Script("check-client-package"), StringComparison.Ordinal);
        Assert.Contains("bash .ci/check-client-package", Script("run"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_is_run_by_CI_or_marked_as_one_that_needs_a_cluster_or_a_GPU(string document)
    {
        string[] run = ["<!-- run -->", "<!-- test -->", "<!-- try -->", "<!-- example -->"];
        string[] lines = File.ReadAllLines(Path.Combine(GoldenFiles.Repository, document));
        string[] marks = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].TrimStart() is "```sh" or "```python").Select(
            i => i == 0 ? "" : lines[i - 1])];

        Assert.All(marks, mark => Assert.Contains(mark, run.Concat([Numpy, Client, "<!-- cluster -->", "<!-- gpu -->"])));
        Assert.Equal(document == "README.md" ? 1 : 0, marks.Count(mark => mark == Client));
        if (marks.Intersect(run).Any())
            Assert.Contains(document, TriedDocuments());
        if (marks.Contains(Numpy))
            Assert.Contains($"page={document}\n", File.ReadAllText(
                Path.Combine(GoldenFiles.Repository, ".ci", "check-numpy")), StringComparison.Ordinal);
    }

    private static string[] TriedDocuments() => File
        .ReadLines(Path.Combine(GoldenFiles.Repository, ".ci", "try-readme"))
        .Single(line => line.StartsWith("for document in", StringComparison.Ordinal)).Split(' ', ';');

    [GeneratedRegex("`((?:src|tests|loadtest|docs|deploy)/[A-Za-z0-9_./-]+)`")]
    private static partial Regex SourcePath();

    [GeneratedRegex(@"^\| [45]\d\d")]
    private static partial Regex ErrorLine();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Link();
}
