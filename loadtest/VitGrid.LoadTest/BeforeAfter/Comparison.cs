using System.Globalization;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>A figure of two builds over all rounds.</summary>
/// <param name="Scene">The benchmark.</param>
/// <param name="Name">The figure's name.</param>
/// <param name="Rounds">What both showed in each round, one right after the other.</param>
internal sealed record Comparison(BenchmarkScene Scene, string Name, IReadOnlyList<(Figure Before, Figure After)> Rounds)
{
    /// <summary>What the median of the ratio must reach.</summary>
    public const double Wanted = 0.97;

    /// <summary>Whether the median of the ratios of the rates reaches <see cref="Wanted"/>.</summary>
    public bool Holds => Median(Ratios) >= Wanted;

    private double[] Ratios => [.. Rounds.Select(round => round.After.Rate / round.Before.Rate)];

    private double[] BareRatios => [.. Rounds.Select(round => round.After.BesideBare / round.Before.BesideBare)];

    /// <summary>Puts the rounds of a scene together, figure by figure.</summary>
    /// <param name="scene">The benchmark.</param>
    /// <param name="rounds">The figures of both builds, in the same order in every round.</param>
    public static IEnumerable<Comparison> From(
        BenchmarkScene scene, IReadOnlyList<(IReadOnlyList<Figure> Before, IReadOnlyList<Figure> After)> rounds) =>
        rounds[0].Before.Select(figure => new Comparison(
            scene,
            figure.Name,
            [.. rounds.Select(round => (Find(round.Before, figure.Name), Find(round.After, figure.Name)))]));

    /// <summary>The figure as a row of Markdown.</summary>
    public string Row()
    {
        double before = Median(Rounds.Select(round => round.Before.Rate)), after = Median(Rounds.Select(round => round.After.Rate));
        string unit = Rounds[0].After.Unit ?? Scene.Unit;
        return string.Create(CultureInfo.InvariantCulture, $"| {Scene.Name} | {Name} | {before:0.0} | {after:0.0} {unit} ")
            + $"| {Spread(Ratios)} | {Spread(BareRatios)} | {(Holds ? "held" : "**missed**")} |";
    }

    private static Figure Find(IReadOnlyList<Figure> figures, string name) => figures.Single(figure => figure.Name == name);

    private static string Spread(double[] ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):0.000} ({ratios.Min():0.000} to {ratios.Max():0.000})");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
