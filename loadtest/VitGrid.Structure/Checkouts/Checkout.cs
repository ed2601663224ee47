using System.Text.RegularExpressions;

namespace VitGrid.Structure.Checkouts;

/// <summary>A working tree of VitGrid, of whatever commit: its projects are those its solution names.</summary>
internal sealed partial class Checkout
{
    /// <summary>The framework that every project targets.</summary>
    public const string Framework = "net10.0";

    private Checkout(string root, IReadOnlyList<SourceProject> projects) => (Root, Projects) = (root, projects);

    /// <summary>Its folder, absolute.</summary>
    public string Root { get; }

    /// <summary>Its C# projects in the solution's order.</summary>
    public IReadOnlyList<SourceProject> Projects { get; }

    /// <summary>The executable.</summary>
    public SourceProject Server => Projects.Single(project => project.Name == "VitGrid.Server");

    /// <summary>Where a release build puts the executable and all that it uses.</summary>
    public string ServerOutput => Path.Combine(Server.Folder, "bin", "Release", Framework);

    /// <summary>Reads the solution in <paramref name="folder"/>.</summary>
    /// <exception cref="FileNotFoundException">There is no <c>VitGrid.sln</c>.</exception>
    public static Checkout Open(string folder)
    {
        string root = Path.GetFullPath(folder), solution = Path.Combine(root, "VitGrid.sln");
        if (!File.Exists(solution))
            throw new FileNotFoundException($"{solution} does not exist; --checkout takes the folder of VitGrid's where VitGrid.sln lies");
        IEnumerable<string> paths = ProjectPath().Matches(File.ReadAllText(solution)).Select(path => path.Groups[1].Value);
        return new(root, [.. paths.Select(path => new SourceProject(root, path.Replace('\\', '/')))]);
    }

    /// <summary>Lists the projects below one of the top folders.</summary>
    /// <param name="top"><c>src</c>, <c>tests</c> or <c>loadtest</c>.</param>
    public IEnumerable<SourceProject> Under(string top) => Projects.Where(project => project.Top == top);

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectPath();
}
