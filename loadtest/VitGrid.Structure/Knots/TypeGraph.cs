using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using VitGrid.Structure.Checkouts;

namespace VitGrid.Structure.Knots;

/// <summary>Which type of a project uses which other one, by Roslyn's symbols. Nested types belong to their outermost one.</summary>
internal sealed class TypeGraph
{
    private readonly Dictionary<INamedTypeSymbol, HashSet<INamedTypeSymbol>> _uses = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<INamedTypeSymbol, HashSet<string>> _files = new(SymbolEqualityComparer.Default);

    private TypeGraph(SourceProject project, CSharpCompilation compilation)
    {
        Project = project;
        HashSet<string> written = [.. project.Files()];
        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(tree => written.Contains(tree.FilePath)))
            Read(compilation.GetSemanticModel(tree), Path.GetRelativePath(project.Folder, tree.FilePath));
        foreach ((INamedTypeSymbol type, HashSet<INamedTypeSymbol> uses) in _uses)
        {
            uses.IntersectWith(_files.Keys);
            uses.Remove(type);
        }
    }

    /// <summary>The project it is of.</summary>
    public SourceProject Project { get; }

    /// <summary>Names that were bound to nothing: members that a source generator adds to a type, which is found all the same.</summary>
    public int Unresolved { get; private set; }

    /// <summary>Reads <paramref name="project"/>.</summary>
    /// <param name="project">A project that was built.</param>
    /// <param name="built">Folder of assemblies that hold all it references.</param>
    public static TypeGraph From(SourceProject project, string built) => new(project, ProjectCompiler.Compile(project, built));

    /// <summary>Lists the files of each set of mutually dependent types, the largest set first; sets of one type are left out.</summary>
    /// <returns>Paths from the project's folder, sorted.</returns>
    public IReadOnlyList<IReadOnlyList<string>> Knots() =>
    [
        .. Components.Find(_uses)
            .Where(types => types.Count > 1)
            .Select(types => (IReadOnlyList<string>)[.. types.SelectMany(type => _files[type]).Distinct().Order(StringComparer.Ordinal)])
            .OrderByDescending(files => files.Count),
    ];

    /// <summary>Gives the edges between folders: from that of a type to that of a type it uses.</summary>
    /// <param name="folderOf">Names the folder of a file, given its path from the project's folder.</param>
    public Dictionary<string, HashSet<string>> Folders(Func<string, string> folderOf)
    {
        Dictionary<string, HashSet<string>> folders = _files.Values.SelectMany(files => files).Select(folderOf).Distinct()
            .ToDictionary(folder => folder, _ => new HashSet<string>());
        foreach ((string from, string to) in _uses.SelectMany(type => type.Value.SelectMany(used => Pairs(type.Key, used, folderOf))))
            folders[from].Add(to);
        return folders;
    }

    /// <summary>Lists uses that lead from one folder to another, as "type → type", sorted.</summary>
    public IReadOnlyList<string> Between(string from, string to, Func<string, string> folderOf) =>
    [
        .. _uses.SelectMany(type => type.Value, (type, used) => (Type: type.Key, Used: used))
            .Where(use => Pairs(use.Type, use.Used, folderOf).Contains((from, to)))
            .Select(use => $"{use.Type.Name} → {use.Used.Name}")
            .Order(StringComparer.Ordinal),
    ];

    private IEnumerable<(string From, string To)> Pairs(INamedTypeSymbol type, INamedTypeSymbol used, Func<string, string> folderOf) =>
        from file in _files[type]
        from other in _files[used]
        let pair = (folderOf(file), folderOf(other))
        where pair.Item1 != pair.Item2
        select pair;

    private void Read(SemanticModel model, string file)
    {
        IEnumerable<SyntaxNode> nodes = model.SyntaxTree.GetRoot().DescendantNodes(IsOutside);
        foreach (MemberDeclarationSyntax declaration in nodes.OfType<MemberDeclarationSyntax>())
        {
            if (Declared(model, declaration) is not { } type)
                continue;
            _files.TryAdd(type, []);
            _files[type].Add(file);
            _uses.TryAdd(type, new(SymbolEqualityComparer.Default));
            _uses[type].UnionWith(Used(model, declaration));
        }
    }

    /// <summary>The type a declaration is of; top-level statements are the entry point's.</summary>
    private static INamedTypeSymbol? Declared(SemanticModel model, MemberDeclarationSyntax declaration) =>
        declaration is GlobalStatementSyntax
            ? model.Compilation.GetEntryPoint(default)?.ContainingType
            : model.GetDeclaredSymbol(declaration) as INamedTypeSymbol;

    private static bool IsOutside(SyntaxNode node) => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax;

    private HashSet<INamedTypeSymbol> Used(SemanticModel model, SyntaxNode declaration)
    {
        HashSet<INamedTypeSymbol> used = new(SymbolEqualityComparer.Default);
        foreach (SyntaxNode node in declaration.DescendantNodes().Where(MayNameAType))
        {
            SymbolInfo info = model.GetSymbolInfo(node);
            ISymbol? symbol = info.Symbol ?? (info.CandidateSymbols is [var candidate, ..] ? candidate : null);
            if (symbol is null && IsUnknown(model, node))
                Unresolved++;
            used.UnionWith(Types(symbol));
        }
        return used;
    }

    /// <summary>Names, and what calls a member without naming it.</summary>
    private static bool MayNameAType(SyntaxNode node) => node is SimpleNameSyntax or ImplicitObjectCreationExpressionSyntax
        or ConstructorInitializerSyntax or ElementAccessExpressionSyntax or BinaryExpressionSyntax or PrefixUnaryExpressionSyntax;

    private static bool IsUnknown(SemanticModel model, SyntaxNode node) => node is SimpleNameSyntax { Identifier.Text: not "nameof" }
        && model.GetTypeInfo(node).Type is IErrorTypeSymbol;

    /// <summary>The outermost type that a symbol is, or is a member of; none for locals and parameters.</summary>
    private static IEnumerable<INamedTypeSymbol> Types(ISymbol? symbol)
    {
        INamedTypeSymbol? type = symbol switch
        {
            INamedTypeSymbol named => named,
            IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol => symbol.ContainingType,
            _ => null,
        };
        while (type?.ContainingType is { } outer)
            type = outer;
        if (type is not null)
            yield return type.OriginalDefinition;
    }
}
