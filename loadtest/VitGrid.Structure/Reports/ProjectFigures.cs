using VitGrid.Structure.Checkouts;
using VitGrid.Structure.Knots;
using VitGrid.Structure.Lines;

namespace VitGrid.Structure.Reports;

/// <summary>The figures of one project.</summary>
/// <param name="Project">The project.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="TestLines">Lines of the project of its name with <c>.Tests</c>; 0 without one.</param>
/// <param name="Graph">Its types.</param>
internal sealed record ProjectFigures(SourceProject Project, LineFigures Lines, int TestLines, TypeGraph Graph)
{
    /// <summary>Sets of mutually dependent types, in files, the largest first.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Knots { get; } = Graph.Knots();

    /// <summary>Files of the largest of them; 0 when no type needs one that needs it.</summary>
    public int LargestKnot => Knots is [var largest, ..] ? largest.Count : 0;

    /// <summary>Its folders.</summary>
    public FolderGraph Folders { get; } = new(Graph);

    /// <summary>Reads a project.</summary>
    /// <param name="project">A project that was built.</param>
    /// <param name="checkout">The checkout it is of.</param>
    public static ProjectFigures From(SourceProject project, Checkout checkout)
    {
        SourceProject? tests = checkout.Under("tests").FirstOrDefault(other => other.Name == project.Name + ".Tests");
        return new(
            project,
            LineFigures.From(project.Files()),
            tests is null ? 0 : LineFigures.From(tests.Files()).Lines,
            TypeGraph.From(project, checkout.ServerOutput));
    }
}
