using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>Hours of most of what a server can carry: memory, errors, vectors and percentiles must stay as they are.</summary>
internal static class Steady
{
    private const double LoadPart = 0.8, SlowerAtMost = 2;

    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(10);

    /// <summary>Runs it; the lines are the minutes.</summary>
    public static async Task<(IReadOnlyList<string> Lines, IReadOnlyList<Check> Checks)> RunAsync(
        LoadedServer server, BenchOptions options, CancellationToken cancellationToken)
    {
        double capacity = await server.CapacityAsync(options, Measuring, cancellationToken);
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task memory = server.WatchMemoryAsync(watching.Token);
        BenchReport report = await server.RunAsync(
            "steady load", options with { Rates = [capacity * LoadPart], Process = ArrivalProcess.Poisson, Verify = true },
            cancellationToken);
        await watching.CancelAsync();
        await memory;
        StepReport step = report.Steps[0];
        string[] head = [$"{capacity:0.#} requests a second carried, {step.RateAsked:0.#} sent",
            "from s   answered   p50 ms   p99 ms   max ms"];
        return (
            [.. head, .. report.Timeline.Select(
                minute => $"{minute.Second,6:0}   {minute.Answered,8}   {minute.P50,6:0.0}   {minute.P99,6:0.0}   {minute.Max,6:0.0}")],
            [
                Check.AtMost($"not answered of {step.Sent}", step.Sent - step.Answered + step.NotSent, 0, "requests"),
                Check.AtMost($"unlike the first of their image, of {report.Verify!.Compared}", report.Verify.Different, 0, "vectors"),
                server.Memory(),
                Steadiness(report.Timeline),
            ]);
    }

    /// <summary>The median p99 of the last third beside that of the first.</summary>
    public static Check Steadiness(IReadOnlyList<IntervalReport> timeline)
    {
        int third = Math.Max(1, timeline.Count / 3);
        return timeline.Count == 0
            ? new("p99 of the last third beside the first", "no interval ended", "two", Holds: false)
            : Check.AtMost("p99 of the last third beside the first", Middle(timeline.TakeLast(third)) / Middle(
                timeline.Take(third)), SlowerAtMost, "times");
    }

    private static double Middle(IEnumerable<IntervalReport> intervals)
    {
        double[] sorted = [.. intervals.Select(interval => interval.P99).Order()];
        return Math.Max(sorted[sorted.Length / 2], 0.001);
    }
}
