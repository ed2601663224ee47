using VitGrid.Structure.Checkouts;
using VitGrid.Structure.Coverage;
using VitGrid.Structure.Lines;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Structure.Reports;

/// <summary>The figures of a checkout as Markdown.</summary>
internal static class StructureReport
{
    private const string Columns = "| project | files | lines | file lines | method lines | width | over 140 | largest knot "
        + "| cycles: every folder, first ones | tests / source |";

    /// <summary>Writes the report, line by line.</summary>
    /// <param name="checkout">A checkout whose server was built in Release.</param>
    /// <param name="path">What one image passes; null when it was not asked for.</param>
    /// <param name="why">Whether to name the types behind each cycle of folders.</param>
    public static IEnumerable<string> Lines(Checkout checkout, ImagePath? path, bool why)
    {
        IEnumerable<SourceProject> sources = checkout.Under("src");
        ProjectFigures[] projects = [.. sources.AsParallel().AsOrdered().Select(project => ProjectFigures.From(project, checkout))];
        return
        [
            .. new Summary(checkout, projects, path).Lines(), "",
            Columns, "|---|---|---|---|---|---|---|---|---|---|", .. projects.Select(Row), "",
            "Knots of more than two files:", "", .. projects.SelectMany(Knots), "",
            "Folders that need each other:", "", .. projects.SelectMany(project => Cycles(project, why)), "",
            .. path is null ? [] : Followed(checkout, path),
        ];
    }

    private static string Row(ProjectFigures project)
    {
        LineFigures lines = project.Lines;
        return Text($"| {project.Project.Name} | {lines.Files} | {lines.Lines:N0} | {lines.FileLines} | {lines.MethodLines} ")
            + Text($"| {lines.CodeWidth:0.0} | {lines.TooWide} | {project.LargestKnot} ")
            + Text($"| {Sizes(project.Folders.Cycles())}, {Sizes(project.Folders.CyclesOfFirstFolders())} ")
            + Text($"| {(double)project.TestLines / lines.Lines:0.00} |");
    }

    private static IEnumerable<string> Knots(ProjectFigures project) => project.Knots
        .Where(knot => knot.Count > 2)
        .Select(knot => $"- {project.Project.Name}, {knot.Count}: {string.Join(", ", knot)}");

    private static IEnumerable<string> Cycles(ProjectFigures project, bool why)
    {
        foreach (IReadOnlyList<string> cycle in project.Folders.Cycles())
        {
            yield return $"- {project.Project.Name}, {cycle.Count}: {string.Join(", ", cycle)}";
            foreach (string edge in why ? project.Folders.Why(cycle) : [])
                yield return $"  - {edge}";
        }
    }

    private static IEnumerable<string> Followed(Checkout checkout, ImagePath path)
    {
        yield return "Files with a line that runs for each of five warm images and in none of five idle seconds:";
        yield return "";
        foreach (SourceProject project in checkout.Under("src"))
        {
            string folder = Path.GetRelativePath(checkout.Root, project.Folder) + '/';
            string[] own = [.. path.Files.Where(file => file.StartsWith(folder, StringComparison.Ordinal))];
            if (own.Length > 0)
                yield return $"- {project.Name}, {own.Length}: {string.Join(", ", own.Select(file => file[folder.Length..]))}";
        }
    }

    private static string Sizes(IReadOnlyList<IReadOnlyList<string>> cycles) =>
        cycles.Count == 0 ? "0" : string.Join(" + ", cycles.Select(cycle => cycle.Count));
}
