using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>
/// Ten times what a server can carry: who is accepted is answered in time, the rest are refused at once, and after it all is as before.
/// </summary>
internal static class Overload
{
    private const double Factor = 10, ProbePart = 0.25, RejectMs = 50, RecoverySeconds = 2, SlackFactor = 3;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    public static async Task<IReadOnlyList<Check>> RunAsync(LoadedServer server, BenchOptions options, CancellationToken cancellationToken)
    {
        double capacity = await server.CapacityAsync(options, Short, cancellationToken);
        BenchOptions gentle = options
            with { Rates = [capacity * ProbePart], Process = ArrivalProcess.Fixed, Duration = Short, Interval = TimeSpan.FromSeconds(0.1) };
        double before = (await server.RunAsync("before", gentle, cancellationToken)).Steps[0].LatencyMs.Max;

        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task memory = server.WatchMemoryAsync(watching.Token);
        Task<BenchReport> flood = server.RunAsync("overload", options with { Rates = [capacity * Factor] }, cancellationToken);
        // The probe begins when the last request of the flood was sent, not when it was answered.
        await Task.Delay(options.Duration, cancellationToken);
        BenchReport after = await server.RunAsync("after", gentle, cancellationToken);
        StepReport step = (await flood).Steps[0];
        await watching.CancelAsync();
        await memory;
        double timeout = options.Shape.TimeoutMs
            ?? throw new InvalidOperationException("an overload needs a time within which answers are wanted");
        return
        [
            new("load", $"{capacity:0.#}/s carried, {step.RateAsked:0.#}/s sent, {step.RequestsPerSecond:0.#}/s answered, {step.Refused} "
                + $"refused", "some refused", Holds: step.Refused > 0),
            Check.AtMost("p99 of what was accepted", step.LatencyMs.P99, 2 * timeout, "ms"),
            Check.AtMost("p99 of the time to a 429", step.RefusedMs.P99, RejectMs, "ms"),
            new("neither answered nor refused", Unkept(step), "none", Holds: step.Late + step.Failed + step.NotSent == 0),
            server.Memory(),
            Check.AtMost("as before again after", Recovery.From(
                after.Timeline, before * SlackFactor) ?? double.PositiveInfinity, RecoverySeconds, "s"),
        ];
    }

    private static string Unkept(StepReport step)
    {
        IEnumerable<string> faults = step.Faults.Where(fault => !fault.Key.StartsWith("429", StringComparison.Ordinal)).Select(
            fault => $"{fault.Value} × {fault.Key}");
        return string.Join(", ", faults) is { Length: > 0 } text ? text : "none";
    }
}
