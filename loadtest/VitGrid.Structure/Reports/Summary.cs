using System.Globalization;
using VitGrid.Structure.Checkouts;
using VitGrid.Structure.Coverage;
using VitGrid.Structure.Lines;

namespace VitGrid.Structure.Reports;

/// <summary>The figures of a whole checkout.</summary>
/// <param name="checkout">The checkout.</param>
/// <param name="projects">Its projects below <c>src</c>.</param>
/// <param name="path">What one image passes; null when it was not asked for.</param>
internal sealed class Summary(Checkout checkout, IReadOnlyList<ProjectFigures> projects, ImagePath? path)
{
    private readonly LineFigures _source = Figures(checkout, "src");
    private readonly LineFigures _tests = Figures(checkout, "tests");
    private readonly LineFigures _loads = Figures(checkout, "loadtest");

    /// <summary>Writes them as a table of Markdown, line by line.</summary>
    public IEnumerable<string> Lines() => ["| figure | value |", "|---|---|", .. Structure(), .. Sizes()];

    private IEnumerable<string> Structure()
    {
        ProjectFigures tied = projects.MaxBy(project => project.LargestKnot)!;
        int unseen = projects.Sum(project => project.Graph.Unresolved);
        IReadOnlyList<string>[] cycles = [.. projects.SelectMany(project => project.Folders.Cycles())];
        yield return Row("largest knot of types that need each other",
            $"{tied.LargestKnot} of {tied.Lines.Files} files, {tied.Project.Name}");
        yield return Row("folders in cycles", $"{cycles.Sum(cycle => cycle.Count)} in {cycles.Length} cycles");
        yield return Row("files to follow one image in one process", $"{Asked(path?.Files.Count)}");
        yield return Row("of them, without those that only hold a value in a property", $"{Asked(path?.Acting)}");
        yield return Row("members that the analysis did not see, written by generators", $"{unseen}");
    }

    private IEnumerable<string> Sizes()
    {
        yield return Row("lines of a source file, median / p90 / max", $"{_source.FileLines}");
        yield return Row("lines of a method, median / p90 / max", $"{_source.MethodLines}");
        yield return Row("mean width of a code line, source / tests / loadtest", Each(figures => figures.CodeWidth, "0.0"));
        yield return Row($"lines over {LineFigures.MaxWidth} characters, source / tests / loadtest", Each(figures => figures.TooWide, "0"));
        double tested = (double)_tests.Lines / _source.Lines;
        yield return Row("test lines / source lines", $"{tested:0.00} ({_tests.Lines:N0} / {_source.Lines:N0})");
    }

    private FormattableString Each(Func<LineFigures, double> figure, string format)
    {
        LineFigures[] tops = [_source, _tests, _loads];
        return $"{string.Join(" / ", tops.Select(top => figure(top).ToString(format, CultureInfo.InvariantCulture)))}";
    }

    private static string Asked(int? figure) => figure?.ToString(CultureInfo.InvariantCulture) ?? "not asked for";

    private static LineFigures Figures(Checkout checkout, string top) =>
        LineFigures.From(SourceFiles.Under(Path.Combine(checkout.Root, top)));

    private static string Row(string figure, FormattableString value) =>
        $"| {figure} | {value.ToString(CultureInfo.InvariantCulture)} |";
}
