using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace VitGrid.Structure.Lines;

/// <summary>How long and how wide files and methods are.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Lines">Their lines, all of them.</param>
/// <param name="FileLines">Lines of a file.</param>
/// <param name="MethodLines">Lines of a method, constructor or operator, from its first modifier to its end.</param>
/// <param name="CodeWidth">Mean width of a code line in characters without its indentation; blank and comment lines are not code.</param>
/// <param name="TooWide">Lines over <see cref="MaxWidth"/> characters.</param>
internal sealed record LineFigures(int Files, int Lines, Spread FileLines, Spread MethodLines, double CodeWidth, int TooWide)
{
    /// <summary>Width of a line that is still allowed, in characters.</summary>
    public const int MaxWidth = 140;

    /// <summary>Of some C# files.</summary>
    /// <param name="files">Their paths.</param>
    public static LineFigures From(IReadOnlyList<string> files)
    {
        string[][] lines = [.. files.Select(File.ReadAllLines)];
        return new(
            files.Count,
            lines.Sum(file => file.Length),
            Spread.From(lines.Select(file => file.Length)),
            Spread.From(files.SelectMany(Methods)),
            lines.SelectMany(file => file).Select(line => line.Trim()).Where(IsCode).Select(line => line.Length).DefaultIfEmpty().Average(),
            lines.Sum(file => file.Count(IsTooWide)));
    }

    /// <summary>Whether a line is wider than <see cref="MaxWidth"/>.</summary>
    public static bool IsTooWide(string line) => line.Length > MaxWidth;

    private static bool IsCode(string line) => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal);

    private static IEnumerable<int> Methods(string file) =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes()
            .OfType<BaseMethodDeclarationSyntax>().Select(LinesOf);

    private static int LinesOf(BaseMethodDeclarationSyntax method)
    {
        // Attributes are not the method's length.
        SyntaxToken first = method.AttributeLists is [.., var last] ? last.GetLastToken().GetNextToken() : method.GetFirstToken();
        return Line(method.GetLastToken()) - Line(first) + 1;
    }

    private static int Line(SyntaxToken token) => token.GetLocation().GetLineSpan().StartLinePosition.Line;
}
