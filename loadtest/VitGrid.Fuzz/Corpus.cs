namespace VitGrid.Fuzz;

/// <summary>Inputs to begin with: the tests' own files.</summary>
/// <param name="Folder">The folder <c>tests/Golden</c> of a clone.</param>
internal sealed record Corpus(string Folder)
{
    private const string Solution = "VitGrid.sln";

    /// <summary>That of the clone in which the program stands.</summary>
    /// <exception cref="DirectoryNotFoundException">It stands in none.</exception>
    public static Corpus Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
                return new(Path.Combine(folder.FullName, "tests", "Golden"));
        }
        throw new DirectoryNotFoundException($"no {Solution} above {AppContext.BaseDirectory}: name the inputs with --corpus tests/Golden");
    }

    /// <summary>A file.</summary>
    public byte[] Read(params string[] path) => File.ReadAllBytes(PathOf(path));

    /// <summary>Where a file is.</summary>
    public string PathOf(params string[] path) => Path.Combine([Folder, .. path]);

    /// <summary>Files below a folder with one of the endings, at most so large, in order of their paths.</summary>
    public IReadOnlyList<byte[]> ReadAll(string folder, long maxBytes, params string[] endings) =>
    [
        .. Directory.EnumerateFiles(PathOf(folder), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(path => endings.Contains(Path.GetExtension(path)) && new FileInfo(path).Length <= maxBytes)
            .Select(File.ReadAllBytes),
    ];
}
