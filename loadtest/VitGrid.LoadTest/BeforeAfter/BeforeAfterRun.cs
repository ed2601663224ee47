namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>Lets two builds run benchmarks in turns.</summary>
/// <param name="before">The one that was there.</param>
/// <param name="after">The one that is compared with it.</param>
/// <param name="progress">Called with every round.</param>
internal sealed class BeforeAfterRun(Build before, Build after, TextWriter progress)
{
    private readonly List<string> _failed = [];

    /// <summary>Runs that failed and were repeated.</summary>
    public IReadOnlyList<string> Failed => _failed;

    /// <summary>Runs scenes, each for some rounds; who begins changes with the round: neither always finds the warmer machine.</summary>
    public async Task<IReadOnlyList<Comparison>> RunAsync(
        IEnumerable<BenchmarkScene> scenes, int rounds, CancellationToken cancellationToken)
    {
        List<Comparison> comparisons = [];
        foreach (BenchmarkScene scene in scenes)
        {
            List<(IReadOnlyList<Figure> Before, IReadOnlyList<Figure> After)> figures = [];
            for (int round = 1; round <= rounds; round++)
            {
                figures.Add(await RoundAsync(scene, afterBegins: round % 2 == 0, cancellationToken));
                await progress.WriteLineAsync($"{scene.Name}: round {round} of {rounds}");
            }
            comparisons.AddRange(Comparison.From(scene, figures));
        }
        return comparisons;
    }

    private async Task<(IReadOnlyList<Figure> Before, IReadOnlyList<Figure> After)> RoundAsync(
        BenchmarkScene scene, bool afterBegins, CancellationToken cancellationToken)
    {
        if (afterBegins)
        {
            IReadOnlyList<Figure> first = await FiguresAsync(after, scene, cancellationToken);
            return (await FiguresAsync(before, scene, cancellationToken), first);
        }
        IReadOnlyList<Figure> old = await FiguresAsync(before, scene, cancellationToken);
        return (old, await FiguresAsync(after, scene, cancellationToken));
    }

    private async Task<IReadOnlyList<Figure>> FiguresAsync(Build build, BenchmarkScene scene, CancellationToken cancellationToken)
    {
        string whose = build == before ? "before" : "after";
        (string printed, TimeSpan processor) =
            await build.RunAsync(scene, why => _failed.Add($"{scene.Name}, {whose}: {why}"), cancellationToken);
        return scene.Parse(printed, processor);
    }
}
