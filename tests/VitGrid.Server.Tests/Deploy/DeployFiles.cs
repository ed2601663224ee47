using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The repository's deployment files.</summary>
internal static class DeployFiles
{
    public static string Root => Path.Combine(GoldenFiles.Repository, "deploy");

    public static string Kustomize => At("kustomize");

    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(At(parts));

    /// <summary>Every file below a folder of deploy/ with this ending.</summary>
    public static IEnumerable<string> All(string pattern) =>
        Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
