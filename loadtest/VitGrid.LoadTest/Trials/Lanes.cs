using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>The interactive lane under a saturating bulk lane, beside each of them alone.</summary>
internal static class Lanes
{
    private const double InteractivePart = 0.1, SlowerAtMost = 3, BulkKeeps = 0.7;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    public static async Task<IReadOnlyList<Check>> RunAsync(LoadedServer server, BenchOptions options, CancellationToken cancellationToken)
    {
        double capacity = await server.CapacityAsync(options, Short, cancellationToken);
        BenchOptions interactive = options with
        {
            Rates = [capacity * InteractivePart],
            Process = ArrivalProcess.Poisson,
            Shape = options.Shape with { Lanes = [("interactive", 1)] },
        };
        BenchOptions bulk = options
            with { Rates = [], Connections = 64, Seed = options.Seed + 1, Shape = options.Shape with { Lanes = [("bulk", 1)] } };

        StepReport idle = (await server.RunAsync("interactive alone", interactive, cancellationToken)).Steps[0];
        StepReport alone = (await server.RunAsync("bulk alone", bulk, cancellationToken)).Steps[0];
        BenchReport[] both = await Task.WhenAll(
            server.RunAsync("interactive", interactive, cancellationToken), server.RunAsync("bulk", bulk, cancellationToken));
        double batch = both[1].StagesMs.GetValueOrDefault("infer");
        StepReport[] steps = [both[0].Steps[0], both[1].Steps[0]];
        return
        [
            Check.AtMost($"p99 of interactive under bulk ({idle.LatencyMs.P99:0.#} ms on an idle server, {batch:0.#} ms a batch)",
                steps[0].LatencyMs.P99, (SlowerAtMost * idle.LatencyMs.P99) + batch, "ms"),
            Check.AtLeast($"part of its rate that bulk keeps ({alone.ImagesPerSecond:0.#}/s alone, {steps[1].ImagesPerSecond:0.#}/s "
                + $"beside)", steps[1].ImagesPerSecond / alone.ImagesPerSecond, BulkKeeps, ""),
            Check.AtMost("not answered", ((StepReport[])[idle, alone, .. steps]).Sum(
                step => step.Sent - step.Answered + step.NotSent), 0, "requests"),
        ];
    }
}
