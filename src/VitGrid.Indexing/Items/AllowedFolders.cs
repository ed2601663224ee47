namespace VitGrid.Indexing.Items;

/// <summary>Which folders what comes from the queue may name.</summary>
internal static class AllowedFolders
{
    private const int MaxLinks = 40;

    /// <summary>The folders, links followed; the one the process was started in where none is named.</summary>
    public static IEnumerable<string> Resolve(IReadOnlyList<string> named) =>
        (named.Count > 0 ? named : [Directory.GetCurrentDirectory()]).Select(folder => RealPath(Path.GetFullPath(folder)));

    /// <summary>Whether <paramref name="path"/>, itself without links, lies in one of the folders.</summary>
    public static bool Contains(IEnumerable<string> folders, string path) => folders.Any(folder =>
        path.StartsWith(folder, StringComparison.Ordinal)
            && (folder.EndsWith('/') || path.Length == folder.Length || path[folder.Length] == Path.DirectorySeparatorChar));

    /// <summary>The path with every link in it followed, as far as it exists.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string RealPath(string path) => RealPath(Path.GetFullPath(path), 0);

    private static string RealPath(string path, int links)
    {
        if (links > MaxLinks)
            throw new IOException($"too many links in '{path}'");
        if (Path.GetDirectoryName(path) is not { } parent)
            return path;
        string here = Path.Join(RealPath(parent, links), Path.GetFileName(path));
        return new FileInfo(here).LinkTarget is { } target
            ? RealPath(Path.GetFullPath(target, Path.GetDirectoryName(here)!), links + 1) : here;
    }
}
