using System.Text.RegularExpressions;
using VitGrid.Runtime.Backends;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Finds plug-in execution providers where Python packages and archives of libraries put them.</summary>
internal static partial class InstalledPlugins
{
    private static readonly EnumerationOptions Here = new() { IgnoreInaccessible = true };
    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true,
    };

    /// <summary>Every plug-in below the usual folders, each under the name that its library has.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    public static IEnumerable<PluginProvider> Find(Func<string, string?> variable) => PackageFolders(variable)
        .SelectMany(folder => Files(folder, "onnxruntime_ep_*"))
        .Concat(LibraryFolders(variable).SelectMany(folder => Libraries(folder, Here)))
        .DistinctBy(plugin => plugin.Library);

    private static IEnumerable<PluginProvider> Files(string folder, string packages) => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder, packages, Here)
            .SelectMany(package => Libraries(package, Below)) : [];

    private static IEnumerable<PluginProvider> Libraries(string folder, EnumerationOptions how) => !Directory.Exists(folder) ? []
        : Directory.EnumerateFiles(folder, "*onnxruntime_providers_*plugin*", how)
            .Select(file => (file, Match: PluginName().Match(Path.GetFileName(file))))
            .Where(found => found.Match.Success)
            .Select(found => new PluginProvider(found.Match.Groups[1].Value, found.file));

    /// <summary>Where Python keeps packages: of the system, the user, a virtual environment, Conda.</summary>
    private static IEnumerable<string> PackageFolders(Func<string, string?> variable)
    {
        string?[] prefixes =
        [
            variable("VIRTUAL_ENV"), variable("CONDA_PREFIX"), variable("HOME") is { } home ? Path.Combine(home, ".local") : null,
            "/usr/local", "/usr",
        ];
        return prefixes.OfType<string>().Select(prefix => Path.Combine(prefix, "lib")).Where(Directory.Exists)
            .SelectMany(lib => Directory.EnumerateDirectories(lib, "python3*"))
            .SelectMany(python => new[] { Path.Combine(python, "site-packages"), Path.Combine(python, "dist-packages") });
    }

    private static string[] LibraryFolders(Func<string, string?> variable) =>
        (variable("LD_LIBRARY_PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^(?:lib)?onnxruntime_providers_([a-z][a-z0-9-]*?)_?plugin\.(?:so|dll|dylib)", RegexOptions.CultureInvariant)]
    private static partial Regex PluginName();
}
