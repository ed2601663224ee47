using System.Xml.Linq;

namespace VitGrid.Structure.Checkouts;

/// <summary>A C# project of a checkout.</summary>
/// <param name="Root">Folder of the checkout, absolute.</param>
/// <param name="Path">Path of the .csproj from there, with forward slashes.</param>
internal sealed record SourceProject(string Root, string Path)
{
    /// <summary>Name of the project file without its ending.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>First folder of its path: <c>src</c>, <c>tests</c> or <c>loadtest</c>.</summary>
    public string Top => Path.Split('/')[0];

    /// <summary>Its folder, absolute.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Root, Path))!;

    /// <summary>Name of the assembly it builds.</summary>
    public string AssemblyName =>
        XDocument.Load(System.IO.Path.Combine(Root, Path)).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Name;

    /// <summary>Lists its C# files, absolute and sorted, without what a build wrote.</summary>
    public IReadOnlyList<string> Files() => SourceFiles.Under(Folder);

    /// <summary>Lists what a build wrote for the compiler (global usings, generated messages), absolute; empty before a build.</summary>
    public IReadOnlyList<string> BuiltFiles()
    {
        string intermediate = System.IO.Path.Combine(Folder, "obj", "Release", Checkout.Framework);
        return Directory.Exists(intermediate)
            ? [.. Directory.EnumerateFiles(intermediate, "*.cs", SearchOption.AllDirectories)]
            : [];
    }
}
