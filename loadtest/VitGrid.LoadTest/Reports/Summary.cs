using VitGrid.LoadTest.Measure;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Reports;

/// <summary>A report in a few lines, for the person at the terminal.</summary>
internal static class Summary
{
    /// <summary>The lines.</summary>
    public static IEnumerable<string> Lines(BenchReport report)
    {
        yield return report.Machine;
        yield return report.Command;
        yield return $"{report.Load}. {report.Requests}.";
        foreach (StepReport step in report.Steps)
        {
            yield return Text($"{step.Name}: {step.Answered} answered ({step.RequestsPerSecond:0.##}/s, {step.ImagesPerSecond:0.##} "
                + $"images/s), {step.Refused} refused, {step.Late} late, {step.Failed} failed, {step.NotSent} not sent");
            yield return Text($"  latency ms: mean {step.LatencyMs.Mean:0.##}, p50 {step.LatencyMs.P50:0.##}, p90 "
                + $"{step.LatencyMs.P90:0.##}, p99 {step.LatencyMs.P99:0.##}, p99.9 {step.LatencyMs.P999:0.##}, max "
                + $"{step.LatencyMs.Max:0.##}");
            foreach ((string lane, Percentiles waits) in step.Lanes)
                yield return Text($"  {lane}: p50 {waits.P50:0.##}, p99 {waits.P99:0.##}, max {waits.Max:0.##} ms");
            foreach ((string fault, int count) in step.Faults)
                yield return Text($"  {count} × {fault}");
        }
        if (report.StagesMs.Count > 0)
            yield return $"a request by stage, ms: "
                + $"{string.Join(", ", report.StagesMs.Select(stage => Text($"{stage.Key} {stage.Value:0.##}")))}";
        if (report.Server is { } server)
            yield return $"devices busy: {string.Join(", ", server.DeviceBusy.Select(device => Text($"{device.Key} {device.Value:P0}")))}; "
                + $"the generator took {Text($"{report.GeneratorCores:0.##}")} cores";
        if (report.Search is { } search)
            yield return search.Rate is { } rate
                ? Text($"highest rate with {search.Goal}: {rate:0.##} requests a second") : Text($"no rate holds {search.Goal}");
        if (report.Verify is { } verify)
            yield return Text($"vectors compared bit for bit: {verify.Compared}, different: {verify.Different}");
        yield return $"bottleneck: {report.Bottleneck.Stage} ({report.Bottleneck.Why})";
    }
}
