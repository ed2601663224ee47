using System.Globalization;
using System.Text.RegularExpressions;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>A benchmark of <c>vitgrid-benchmarks</c> that two builds can run in turns.</summary>
/// <param name="Name">The benchmark's command.</param>
/// <param name="Unit">Of its rates.</param>
/// <param name="Arguments">What makes a turn of it short.</param>
/// <param name="Line">Matches a line with a figure; groups <c>name</c>, <c>rate</c>, <c>beside</c>.</param>
internal sealed partial record BenchmarkScene(string Name, string Unit, IReadOnlyList<string> Arguments, Regex Line)
{
    private const string Nano = "src/VitGrid.Server/models/internvit-nano";

    /// <summary>All of them. Only options that every build has; paths are those of the checkout it runs in.</summary>
    public static IReadOnlyList<BenchmarkScene> All { get; } =
    [
        new("compare", "images/s", ["--model", Nano, "--peer", "none", "--count", "256", "--rounds", "3"], CompareLine())
        {
            IsFixedWork = true,
        },
        new("hits", "requests/s", ["--rounds", "2", "--seconds", "1.5"], HitsLine()),
        new("transport", "MB/s", ["--rounds", "5"], TransportLine()),
    ];

    /// <summary>Whether a run is a given amount of work, so that its processor time is a figure too.</summary>
    public bool IsFixedWork { get; private init; }

    /// <summary>
    /// Finds the figures in what the benchmark printed; of a fixed work also its runs a minute of processor time: what others do on the
    /// machine moves that less than it moves rates.
    /// </summary>
    /// <exception cref="FormatException">There is none.</exception>
    public IReadOnlyList<Figure> Parse(string printed, TimeSpan processor)
    {
        Figure[] figures = [.. Line.Matches(printed).Select(FigureOf)];
        if (figures.Length == 0)
            throw new FormatException($"{Name} printed no figure that {Line} finds: {printed}");
        return IsFixedWork ? [.. figures, new("processor time", 60 / processor.TotalSeconds, 1) { Unit = "runs/min" }] : figures;
    }

    private static Figure FigureOf(Match match) => new(NameOf(match), Number(match, "rate"), Number(match, "beside"));

    private static string NameOf(Match match) => Blanks().Replace(match.Groups["name"].Value.Trim(), " ");

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    /// <summary>"(b) VitGrid in process   0.0100   99.50   0.995 (…)": seconds, rate, beside the bare loop.</summary>
    [GeneratedRegex(@"^(?<name>\([bc]\) \D+?) +[\d.]+ +(?<rate>[\d.]+) +(?<beside>[\d.]+) \(", RegexOptions.Multiline)]
    private static partial Regex CompareLine();

    /// <summary>Two lines: VitGrid's rate, then its ratio to bare Kestrel.</summary>
    [GeneratedRegex(@"^VitGrid, (?<name>from its cache) +(?<rate>[\d.]+) requests/s.*\n^ratio +(?<beside>[\d.]+)", RegexOptions.Multiline)]
    private static partial Regex HitsLine();

    /// <summary>"TCP   1.0   4492   4297   0.86   …": socket, body in MB, bare MB/s, VitGrid's, ratio.</summary>
    [GeneratedRegex(@"^(?<name>(?:TCP|Unix) +[\d.]+) +\d+ +(?<rate>\d+) +(?<beside>[\d.]+)", RegexOptions.Multiline)]
    private static partial Regex TransportLine();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
