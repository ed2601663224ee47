using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Trials;

/// <summary>
/// One tenant sends half of its share of what a server carries while another sends ten times its own, beside the first alone.
/// </summary>
/// <param name="Rounds">How often both are measured; the median counts.</param>
/// <param name="Requests">Requests of the light tenant in each scene.</param>
/// <param name="LightKey">Its key.</param>
/// <param name="FloodKey">The other's.</param>
internal sealed record Tenants(int Rounds, int Requests, string LightKey, string FloodKey)
{
    private const int Both = 2;
    private const double LightPart = 0.5, FloodPart = 10, SlowerAtMost = 1.5;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    /// <summary>Runs it.</summary>
    public async Task<(IReadOnlyList<string> Lines, IReadOnlyList<Check> Checks)> RunAsync(
        LoadedServer server, BenchOptions options, CancellationToken cancellationToken)
    {
        double share = await server.CapacityAsync(WithKey(options, LightKey), Short, cancellationToken) / Both;
        BenchOptions light = WithKey(options, LightKey) with
        {
            Rates = [share * LightPart],
            Duration = TimeSpan.FromSeconds(Requests / (share * LightPart)),
        };
        BenchOptions flood = options with
        {
            Rates = [Math.Round(share * FloodPart, 3)],
            Duration = light.Duration + (4 * Short),
            Seed = options.Seed + 1,
        };
        List<string> lines = [
            "| round | p99 alone ms | p99 beside a flood ms | ratio | flood answered/s | flood refused | longest in the first 3 s |",
            "|---|---|---|---|---|---|---|"];
        List<double> ratios = [];
        List<string> stages = [];
        int missing = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            BenchReport first = await server.RunAsync("alone", light, cancellationToken, Short);
            (BenchReport second, StepReport flooding) = await BesideAsync(server, light, flood, cancellationToken);
            (StepReport alone, StepReport beside) = (first.Steps[0], second.Steps[0]);
            ratios.Add(beside.LatencyMs.P99 / alone.LatencyMs.P99);
            missing += alone.Sent - alone.Answered + beside.Sent - beside.Answered;
            lines.Add(Text($"| {round} | {alone.LatencyMs.P99:0.0} | {beside.LatencyMs.P99:0.0} | {ratios[^1]:0.00} | ")
                + Text($"{flooding.RequestsPerSecond:0.0} | {flooding.Sent - flooding.Answered} of {flooding.Sent} | ")
                + Text($"{LongestEarly(second):0} |"));
            stages.Add(Text($"round {round}: generator late by at most {beside.GeneratorLateMs.P99:0.0} ms; ")
                + $"p99 ms alone {Stages(first)}; beside a flood {Stages(second)}");
        }
        string what = Text(
            $"p99 of a tenant at {share * LightPart:0.#}/s beside another's {share * FloodPart:0.#}/s, of its value alone");
        return ([.. lines, .. stages], [
            Check.AtMost($"{what}, median of {Rounds}", ratios.Order().ElementAt(Rounds / 2), SlowerAtMost, ""),
            Check.AtMost("its requests that were not answered", missing, 0, "requests"),
        ]);
    }

    /// <summary>The flood begins before and ends after the requests that count; so do some of the light tenant's own.</summary>
    private async Task<(BenchReport Light, StepReport Flood)> BesideAsync(
        LoadedServer server, BenchOptions light, BenchOptions flood, CancellationToken cancellationToken)
    {
        using FloodProcess flooding = FloodProcess.Start(flood, FloodKey);
        await Task.Delay(2 * Short, cancellationToken);
        BenchReport measured = await server.RunAsync("beside a flood", light, cancellationToken, Short);
        return (measured, await flooding.EndAsync(cancellationToken));
    }

    /// <summary>Milliseconds that one of the requests before those that count took.</summary>
    private static double LongestEarly(BenchReport report) =>
        report.Timeline.Where(interval => interval.Second < Short.TotalSeconds).Select(interval => interval.Max).DefaultIfEmpty().Max();

    private static string Stages(BenchReport report) => string.Join(
        ", ", report.StagesP99Ms.Select(stage => Text($"{stage.Key} {stage.Value:0.0}")));

    private static BenchOptions WithKey(BenchOptions options, string key) => options with
    {
        Process = ArrivalProcess.Poisson,
        Headers = [new("Authorization", $"Bearer {key}")],
    };
}
