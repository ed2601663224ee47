using VitGrid.LoadTest.BeforeAfter;

namespace VitGrid.LoadTest.Tests.BeforeAfter;

/// <summary>What is read from two builds' benchmarks, and what it comes to.</summary>
public sealed class BeforeAfterTests
{
    private const string Compare = """
        way                                 s an image   images/s   beside (a): median (lowest to highest of the rounds)
        (a) bare ONNX Runtime loop               0.9630       1.04   1.000 (1.000 to 1.000)
        (b) VitGrid in process                   0.9682       1.03   0.995 (0.967 to 1.023)
        (c) VitGrid over HTTP                    1.0008       1.00   0.962 (0.962 to 0.963)
        (c) VitGrid over HTTP, longest stage of a request, ms: fetch 0.0, decode 25.4
        """;

    private const string Hits = """
        (e) bare Kestrel that reads, hashes, writes      4000.5 requests/s
        VitGrid, from its cache                          2228.3 requests/s, 2228 vectors/s
        ratio                                         0.557 (0.500 to 0.600)
        """;

    private const string Transport = """
        socket   body MB   bare MB/s   VitGrid MB/s   ratio   bare CPU s/GB   VitGrid CPU s/GB   ratio
        TCP          1.0        4492           4297    0.86           0.411              0.401    1.03
        Unix       105.0        6378           5564    0.88           0.303              0.326    1.08
        """;

    [Fact]
    public void The_figures_of_compare_are_those_of_VitGrid_alone() =>
        Assert.Equal(
            [
                new("(b) VitGrid in process", 1.03, 0.995), new("(c) VitGrid over HTTP", 1.00, 0.962),
                new("processor time", 4, 1) { Unit = "runs/min" },
            ],
            Scene("compare").Parse(Compare, TimeSpan.FromSeconds(15)));

    [Fact]
    public void The_figure_of_hits_is_the_rate_and_its_ratio_to_bare_Kestrel() =>
        Assert.Equal([new("from its cache", 2228.3, 0.557)], Scene("hits").Parse(Hits, TimeSpan.Zero));

    [Fact]
    public void The_figures_of_transport_are_one_a_socket_and_size() =>
        Assert.Equal([new("TCP 1.0", 4297, 0.86), new("Unix 105.0", 5564, 0.88)], Scene("transport").Parse(Transport, TimeSpan.Zero));

    [Fact]
    public void A_benchmark_that_prints_nothing_known_is_a_fault() =>
        Assert.Throws<FormatException>(() => Scene("hits").Parse(Compare, TimeSpan.Zero));

    [Theory]
    [InlineData(new[] { 97.0, 50, 100 }, true, "0.970 (0.500 to 1.000)")]
    [InlineData(new[] { 96.9, 50, 100 }, false, "0.969 (0.500 to 1.000)")]
    public void The_median_of_the_ratios_decides_and_the_spread_stands_beside_it(double[] after, bool holds, string printed)
    {
        IReadOnlyList<(IReadOnlyList<Figure> Before, IReadOnlyList<Figure> After)> rounds =
            [.. after.Select(rate => ((IReadOnlyList<Figure>)[new("x", 100, 1)], (IReadOnlyList<Figure>)[new("x", rate, 1)]))];
        Comparison comparison = Comparison.From(Scene("hits"), rounds).Single();
        Assert.Equal(holds, comparison.Holds);
        Assert.Contains(printed, comparison.Row(), StringComparison.Ordinal);
    }

    private static BenchmarkScene Scene(string name) => BenchmarkScene.All.Single(scene => scene.Name == name);
}
