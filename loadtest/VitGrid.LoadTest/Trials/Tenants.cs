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
        BenchOptions flood = WithKey(options, FloodKey) with { Rates = [share * FloodPart], Seed = options.Seed + 1 };
        List<string> lines = [
            "| round | p99 alone ms | p99 beside a flood ms | ratio | flood answered/s | flood refused |", "|---|---|---|---|---|---|"];
        List<double> ratios = [];
        List<string> stages = [];
        int missing = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            BenchReport first = await server.RunAsync("alone", light, cancellationToken);
            (BenchReport second, StepReport flooding) = await BesideAsync(server, light, flood, cancellationToken);
            (StepReport alone, StepReport beside) = (first.Steps[0], second.Steps[0]);
            ratios.Add(beside.LatencyMs.P99 / alone.LatencyMs.P99);
            missing += alone.Sent - alone.Answered + beside.Sent - beside.Answered;
            lines.Add(Text($"| {round} | {alone.LatencyMs.P99:0.0} | {beside.LatencyMs.P99:0.0} | {ratios[^1]:0.00} | ")
                + Text($"{flooding.RequestsPerSecond:0.0} | {flooding.Sent - flooding.Answered} of {flooding.Sent} |"));
            stages.Add($"round {round}: mean ms alone {Stages(first)}; beside a flood {Stages(second)}");
        }
        string what = Text(
            $"p99 of a tenant at {share * LightPart:0.#}/s beside another's {share * FloodPart:0.#}/s, of its value alone");
        return ([.. lines, .. stages], [
            Check.AtMost($"{what}, median of {Rounds}", ratios.Order().ElementAt(Rounds / 2), SlowerAtMost, ""),
            Check.AtMost("its requests that were not answered", missing, 0, "requests"),
        ]);
    }

    /// <summary>The flood begins before and ends after the requests that count.</summary>
    private static async Task<(BenchReport Light, StepReport Flood)> BesideAsync(
        LoadedServer server, BenchOptions light, BenchOptions flood, CancellationToken cancellationToken)
    {
        Task<BenchReport> flooding = server.RunAsync(
            "flood", flood with { Duration = light.Duration + (2 * Short) }, cancellationToken);
        await Task.Delay(Short, cancellationToken);
        BenchReport measured = await server.RunAsync("beside a flood", light, cancellationToken);
        return (measured, (await flooding).Steps[0]);
    }

    private static string Stages(BenchReport report) => string.Join(
        ", ", report.StagesMs.Select(stage => Text($"{stage.Key} {stage.Value:0.0}")));

    private static BenchOptions WithKey(BenchOptions options, string key) => options with
    {
        Process = ArrivalProcess.Poisson,
        Headers = [new("Authorization", $"Bearer {key}")],
    };
}
