using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Reports;

/// <summary>A report as one HTML page that needs nothing else: no script, no font, no image from anywhere.</summary>
internal static class HtmlReport
{
    private const int TicksBelow = 6;

    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:720px;margin:2em auto;padding:0 1em}
        h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}code{background:#f2f2f2;padding:.1em .3em}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        td,th{padding:.25em .5em;border-bottom:1px solid #ddd;text-align:right}
        td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto;font:11px system-ui,sans-serif}
        .grid{stroke:#ddd}.verdict{background:#eef4fb;border-left:4px solid #2563a8;padding:.6em 1em}.none{color:#777}
        """;

    /// <summary>The page.</summary>
    public static string Write(BenchReport report) => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <title>VitGrid bench: {Plot.Escape(report.Target)}</title>
        <style>{Style}</style></head><body>
        <h1>Load on {Plot.Escape(report.Target)}</h1>
        <p>{Plot.Escape(report.Machine)}<br><code>{Plot.Escape(report.Command)}</code></p>
        <p>{Plot.Escape(report.Load)}. {Plot.Escape(report.Requests)}.</p>
        <p class="verdict">Bottleneck: <b>{Plot.Escape(report.Bottleneck.Stage)}</b>. {Plot.Escape(report.Bottleneck.Why)}.</p>
        {Section("Steps", Steps(report))}
        {Section("Throughput", Throughput(report))}
        {Section("Latency", Latency(report))}
        {Section("Latency over time", LatencyOverTime(report))}
        {Section("Where the time goes", Stages(report))}
        {Section("Batches", Batches(report))}
        {Section("Devices", Devices(report))}
        {Section("What was not answered", Faults(report))}
        </body></html>
        """;

    private static string Section(string title, string body) => $"<h2>{title}</h2>\n{body}";

    private static string Steps(BenchReport report)
    {
        string head = "<tr><th>step</th><th>asked /s</th><th>answered /s</th><th>images "
            + "/s</th><th>refused</th><th>late</th><th>failed</th><th>p50 ms</th><th>p99 ms</th><th>max ms</th></tr>";
        IEnumerable<string> rows = report.Steps.Select(step => Text(
            $"<tr><td>{Plot.Escape(step.Name)}</td><td>{step.RateAsked:0.##}</td><td>{step.RequestsPerSecond:0.##}</td>"
                + $"<td>{step.ImagesPerSecond:0.##}</td><td>{step.Refused}</td><td>{step.Late}</td><td>{step.Failed + step.NotSent}</td>"
                + $"<td>{step.LatencyMs.P50:0.#}</td><td>{step.LatencyMs.P99:0.#}</td><td>{step.LatencyMs.Max:0.#}</td></tr>"));
        return $"<table>{head}{string.Concat(rows)}</table>";
    }

    private static string Throughput(BenchReport report) => OverTime(
        report, "a second", ("answered", interval => interval.Answered), ("images", interval => interval.Images),
        ("refused", interval => interval.Refused), ("failed", interval => interval.Failed));

    private static string LatencyOverTime(BenchReport report) =>
        OverTime(report, "ms", ("p50", interval => interval.P50), ("p99", interval => interval.P99));

    private static string OverTime(BenchReport report, string unit, params (string Name, Func<IntervalReport, double> Value)[] lines)
    {
        IReadOnlyList<IntervalReport> timeline = report.Timeline;
        double width = timeline.Count > 1 ? timeline[1].Second - timeline[0].Second : 1;
        double scale = unit == "ms" ? 1 : width;
        return Plot.Lines(
            [.. lines.Select(line => new PlotLine(
                line.Name, [.. timeline.Select(interval => new PlotDot(interval.Second, line.Value(interval) / scale))]))],
            unit,
            TicksOf(timeline.Count == 0 ? 0 : timeline[^1].Second));
    }

    /// <summary>Percentiles on HdrHistogram's scale: each tick to the right has a tenth of the requests beyond it.</summary>
    private static string Latency(BenchReport report)
    {
        PlotLine[] lines = [.. report.Steps.Select(
            step => new PlotLine(step.Name, [
                .. step.Curve.Where(point => point.X < 100).Select(point => new PlotDot(Nines(point.X), point.Y))]))];
        return Plot.Lines(lines, "ms", [.. new[] { 0, 90, 99, 99.9, 99.99 }.Select(percent => (Nines(percent), Text($"{percent} %")))]);
    }

    private static double Nines(double percent) => -Math.Log10(1 - (percent / 100));

    private static string Stages(BenchReport report)
    {
        string header = Plot.Bars([.. report.StagesMs.Select(stage => (stage.Key, stage.Value))], "ms");
        string image = Plot.Bars(
            [.. (report.Server?.StagesMs ?? new Dictionary<string, double>()).Select(stage => (stage.Key, stage.Value))], "ms");
        return $"<p>A request, by Server-Timing:</p>{header}<p>An image, by /metrics:</p>{image}";
    }

    private static string Batches(BenchReport report) =>
        Plot.Bars([.. (report.Server?.Batches ?? []).Select(
            batch => (batch.UpTo is { } most ? Text($"up to {most}") : "more", batch.Batches))], "batches");

    private static string Devices(BenchReport report) => Plot.Lines(
        [.. (report.Server?.BusyTimeline ?? []).GroupBy(point => point.Device).Select(
            device => new PlotLine(device.Key, [.. device.Select(point => new PlotDot(point.Second, point.Ratio * 100))]))],
        "% busy",
        TicksOf(report.Server?.BusyTimeline is [.., var last] ? last.Second : 0));

    private static string Faults(BenchReport report)
    {
        string[] rows = [.. report.Steps.SelectMany(
            step => step.Faults.Select(
                fault => $"<tr><td>{Plot.Escape(step.Name)}</td><td>{Plot.Escape(fault.Key)}</td><td>{fault.Value}</td></tr>"))];
        return rows.Length == 0 ? "<p class=\"none\">Everything was answered.</p>" : $"<table>{string.Concat(rows)}</table>";
    }

    private static IReadOnlyList<(double X, string Text)> TicksOf(double end) =>
        [.. Enumerable.Range(0, TicksBelow + 1).Select(i => (end * i / TicksBelow, Text($"{end * i / TicksBelow:0.#} s")))];
}
