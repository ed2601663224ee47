namespace VitGrid.Structure.Knots;

/// <summary>The folders of a project and which uses which.</summary>
/// <param name="types">The uses between its types.</param>
internal sealed class FolderGraph(TypeGraph types)
{
    /// <summary>Sets of folders each of which needs all others of its set, the largest first.</summary>
    /// <returns>Folders from the project's own (<c>.</c>), sorted.</returns>
    public IReadOnlyList<IReadOnlyList<string>> Cycles() => CyclesOf(FolderOf);

    /// <summary>The same with every folder below a first one counted to that one.</summary>
    public IReadOnlyList<IReadOnlyList<string>> CyclesOfFirstFolders() => CyclesOf(file => FolderOf(file).Split('/')[0]);

    /// <summary>Says which types make the edges within a set of folders, one line an edge.</summary>
    /// <param name="cycle">A set that <see cref="Cycles"/> gave.</param>
    public IEnumerable<string> Why(IReadOnlyList<string> cycle) =>
        from source in cycle
        from target in cycle
        let uses = types.Between(source, target, FolderOf)
        where uses.Count > 0
        select $"{source} → {target}: {string.Join(", ", uses.Take(3))}{(uses.Count > 3 ? $" and {uses.Count - 3} more" : "")}";

    private IReadOnlyList<IReadOnlyList<string>> CyclesOf(Func<string, string> folderOf) =>
    [
        .. Components.Find(types.Folders(folderOf))
            .Where(folders => folders.Count > 1)
            .Select(folders => (IReadOnlyList<string>)[.. folders.Order(StringComparer.Ordinal)])
            .OrderByDescending(folders => folders.Count),
    ];

    private static string FolderOf(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder.Replace('\\', '/') : ".";
}
