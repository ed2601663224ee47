namespace VitGrid.Tests.Golden;

/// <summary>Finds the golden files in the checkout, wherever the test's binaries lie.</summary>
internal static class GoldenFiles
{
    public static string Repository { get; } = FindRepository();

    public static string Root { get; } = Path.Combine(Repository, "tests", "Golden");

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Model(string name) => PathOf("models", name);

    /// <summary>A checkpoint as it is published, in small.</summary>
    public static string Published(string name) => PathOf("published", name);

    /// <summary>The trained default that ships with the product.</summary>
    public static string Nano { get; } = Path.Combine(Repository, "src", "VitGrid.Server", "models", "internvit-nano");

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VitGrid.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"no VitGrid.sln above {AppContext.BaseDirectory}");
    }
}
