using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Failures;

/// <summary>The results as markdown.</summary>
/// <param name="Command">The command that was run.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="Images">Different images sent in turn.</param>
/// <param name="Results">One an experiment.</param>
internal sealed record FailureReport(string Command, double Rate, int Images, IReadOnlyList<Result> Results)
{
    /// <summary>Whether all experiments passed.</summary>
    public bool Passed => Results.Count > 0 && Results.All(result => result.Passed);

    /// <summary>The report, line by line.</summary>
    public IEnumerable<string> Lines(string machine) =>
    [
        "```", machine, Command, "```", "",
        Text($"Redis, one api, {Grid.Segments} workers with internvit-nano in {Grid.Segments} segments, all on this machine; {Rate:0.#} "
            + $"requests a second, open loop,"),
        Text($"{Images} images in turn past the cache, each with a deadline of {OpenLoop.Deadline.TotalSeconds:0} s; every vector "
            + $"compared bit for bit with one process's."),
        "",
        "| experiment | sent | answered | failed | wrong | longest gap | wanted | p50 / p99 / worst before | and during | whole again "
            + "after |",
        "|---|---|---|---|---|---|---|---|---|---|",
        .. Results.Select(Row), "",
        .. Results.Select(About), "",
        Passed ? "PASSED" : "FAILED",
    ];

    private static string Row(Result result) => Text(
        $"| {result.Experiment.Name} | {result.Tally.Sent} | {result.Tally.Answered} | {result.Tally.Failed} | {result.Tally.Wrong} | "
            + $"{Seconds(result.Tally.LongestGap)} | {Wanted(result)} | {Times(result.Tally.Before)} | {Times(result.Tally.During)} | "
            + $"{(result.Recovery is { } recovery ? Seconds(recovery) : "not")} |");

    private static string About(Result result)
    {
        IEnumerable<string> faults = result.Tally.Faults.Select(fault => Text($"{fault.Value} × {fault.Key}"));
        return $"- {result.Experiment.Name}: {string.Join("; ", [result.Experiment.What, .. faults, .. result.Notes])}.";
    }

    private static string Wanted(Result result) =>
        result.Experiment.Gap is { } gap ? Text($"≤ {gap.TotalSeconds:0.0} s: {result.Verdict}") : "–";

    private static string Times(Latencies latencies) =>
        Text($"{latencies.Median.TotalMilliseconds:0} / {latencies.P99.TotalMilliseconds:0} / {latencies.Worst.TotalMilliseconds:0} ms");

    private static string Seconds(TimeSpan time) => Text($"{time.TotalSeconds:0.00} s");
}
