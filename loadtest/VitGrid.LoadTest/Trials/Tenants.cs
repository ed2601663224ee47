using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Reports;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Trials;

/// <summary>
/// One tenant sends half of its share of what a server carries while another sends ten times its own, beside the first alone.
/// </summary>
/// <param name="Rounds">How often both are measured; the median counts.</param>
/// <param name="Requests">Requests of the light tenant that count in each scene, at least.</param>
/// <param name="LightKey">Its key.</param>
/// <param name="FloodKey">The other's.</param>
/// <param name="Device">What computes.</param>
internal sealed record Tenants(int Rounds, int Requests, string LightKey, string FloodKey, TrialDevice Device)
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
            // Poisson arrivals are that many only on average; three deviations more are hardly ever fewer.
            Duration = TimeSpan.FromSeconds((Requests + (3 * Math.Sqrt(Requests))) / (share * LightPart)),
        };
        BenchOptions flood = options with
        {
            Rates = [Math.Round(share * FloodPart, 3)],
            Duration = light.Duration + (4 * Short),
        };
        List<Scenes> rounds = [];
        for (int round = 1; round <= Rounds; round++)
        {
            // The same requests at the same times in both scenes, others in each round.
            BenchOptions sent = light with { Seed = options.Seed + (2 * round) };
            BusyProcessors whileAlone = new();
            BenchReport alone = await server.RunAsync("alone", sent, cancellationToken, Short);
            (double? busyAlone, BusyProcessors whileBeside) = (whileAlone.Count, new());
            (BenchReport beside, StepReport flooding) = await BesideAsync(
                server, sent, flood with { Seed = sent.Seed + 1 }, cancellationToken);
            rounds.Add(new(alone, beside, flooding, busyAlone, whileBeside.Count));
        }
        string what = Text(
            $"{Device.Name}: p99 of a tenant at {share * LightPart:0.#}/s beside another's {share * FloodPart:0.#}/s, of its value alone");
        Check ratio = Check.AtMost(
            $"{what}, median of {Rounds}", rounds.Select(scenes => scenes.Ratio).Order().ElementAt(Rounds / 2), SlowerAtMost, "");
        Check missing = Check.AtMost(
            $"{Device.Name}: its requests that were not answered", rounds.Sum(scenes => scenes.Missing), 0, "requests");
        return (Lines(rounds, ratio), Device.IsJudged ? [ratio, missing] : [missing]);
    }

    private IReadOnlyList<string> Lines(IReadOnlyList<Scenes> rounds, Check ratio) =>
    [
        "",
        "| device | round | requests | p99 alone ms | p99 beside a flood ms | ratio | p50 alone, beside | flood answered/s | flood refused "
            + "| longest in the first 3 s | processors busy alone, beside |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        .. rounds.Select((scenes, round) => $"| {Device.Name} | {round + 1} | {scenes.Row()} |"),
        "",
        .. rounds.Select((scenes, round) => $"{Device.Name} {round + 1}: {scenes.Stages()}"),
        .. Device.IsJudged ? [] : (string[])[
            $"not judged, since the device is the processor that client, server and decoding share: {ratio.What}: {ratio.Found}"],
    ];

    /// <summary>The flood begins before and ends after the requests that count; so do some of the light tenant's own.</summary>
    private async Task<(BenchReport Light, StepReport Flood)> BesideAsync(
        LoadedServer server, BenchOptions light, BenchOptions flood, CancellationToken cancellationToken)
    {
        using FloodProcess flooding = FloodProcess.Start(flood, FloodKey);
        await Task.Delay(2 * Short, cancellationToken);
        BenchReport measured = await server.RunAsync("beside a flood", light, cancellationToken, Short);
        return (measured, await flooding.EndAsync(cancellationToken));
    }

    private static BenchOptions WithKey(BenchOptions options, string key) => options with
    {
        Process = ArrivalProcess.Poisson,
        Headers = [new("Authorization", $"Bearer {key}")],
    };

    /// <summary>What one round saw.</summary>
    /// <param name="Alone">The light tenant alone.</param>
    /// <param name="Beside">The same requests at the same times beside the flood.</param>
    /// <param name="Flood">The flood.</param>
    /// <param name="BusyAlone">Processors that were busy meanwhile; null: not known.</param>
    /// <param name="BusyBeside">And beside it.</param>
    private sealed record Scenes(BenchReport Alone, BenchReport Beside, StepReport Flood, double? BusyAlone, double? BusyBeside)
    {
        public double Ratio => Beside.Steps[0].LatencyMs.P99 / Alone.Steps[0].LatencyMs.P99;

        public int Missing => ((StepReport[])[Alone.Steps[0], Beside.Steps[0]]).Sum(step => step.Sent - step.Answered);

        public string Row()
        {
            (Percentiles alone, Percentiles beside) = (Alone.Steps[0].LatencyMs, Beside.Steps[0].LatencyMs);
            return Text($"{Beside.Steps[0].Sent} | {alone.P99:0.0} | {beside.P99:0.0} | {Ratio:0.00} | ")
                + Text($"{alone.P50:0.0}, {beside.P50:0.0} | ")
                + Text($"{Flood.RequestsPerSecond:0.0} | {Flood.Sent - Flood.Answered} of {Flood.Sent} | ")
                + Text($"{LongestEarly():0} | {BusyAlone:0.0}, {BusyBeside:0.0}");
        }

        public string Stages() => Text($"generator late by at most {Beside.Steps[0].GeneratorLateMs.P99:0.0} ms; ")
            + $"p99 ms alone {Stages(Alone)}; beside a flood {Stages(Beside)}";

        /// <summary>Milliseconds that one of the requests before those that count took.</summary>
        private double LongestEarly() =>
            Beside.Timeline.Where(interval => interval.Second < Short.TotalSeconds).Select(interval => interval.Max).DefaultIfEmpty().Max();

        private static string Stages(BenchReport report) => string.Join(
            ", ", report.StagesP99Ms.Select(stage => Text($"{stage.Key} {stage.Value:0.0}")));
    }
}
