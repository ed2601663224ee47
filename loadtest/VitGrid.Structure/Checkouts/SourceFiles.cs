namespace VitGrid.Structure.Checkouts;

/// <summary>The C# files that people wrote.</summary>
internal static class SourceFiles
{
    private static readonly string[] NotWritten = ["bin", "obj", "out", "node_modules"];

    /// <summary>Lists the .cs files under a folder, absolute and sorted, without what builds and packages put there.</summary>
    /// <param name="folder">An existing folder.</param>
    public static IReadOnlyList<string> Under(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(NotWritten.Contains))
            .Order(StringComparer.Ordinal),
    ];
}
