using System.Collections.Concurrent;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using VitGrid.Structure.Checkouts;

namespace VitGrid.Structure.Knots;

/// <summary>Compiles a project's sources in memory, for their symbols only.</summary>
internal static class ProjectCompiler
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest, DocumentationMode.None);

    /// <summary>Assemblies read before, by path: every project needs nearly the same.</summary>
    private static readonly ConcurrentDictionary<string, MetadataReference?> Known = new();

    /// <summary>Compiles <paramref name="project"/> against assemblies that a build of the checkout left.</summary>
    /// <param name="project">A project that was built.</param>
    /// <param name="built">Folder of assemblies that hold all it references, itself included.</param>
    public static CSharpCompilation Compile(SourceProject project, string built)
    {
        string assembly = project.AssemblyName;
        return CSharpCompilation.Create(
            assembly,
            project.Files().Concat(project.BuiltFiles()).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Language, file)),
            References(assembly, built),
            new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));
    }

    /// <summary>The framework's assemblies that this program runs on, and those in a folder; one of each name, never itself.</summary>
    private static IEnumerable<MetadataReference> References(string itself, string built)
    {
        IEnumerable<string> framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => !file.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal));
        return framework.Concat(Directory.EnumerateFiles(built, "*.dll"))
            .DistinctBy(Path.GetFileName)
            .Where(file => Path.GetFileNameWithoutExtension(file) != itself)
            .Select(file => Known.GetOrAdd(file, Read))
            .OfType<MetadataReference>();
    }

    /// <summary>A reference to an assembly; null when the file is a native library.</summary>
    private static PortableExecutableReference? Read(string file)
    {
        using PEReader reader = new(File.OpenRead(file));
        try
        {
            return reader.HasMetadata ? MetadataReference.CreateFromFile(file) : null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }
}
