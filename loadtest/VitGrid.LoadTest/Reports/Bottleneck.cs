using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Reports;

/// <summary>What a load showed, as far as it says where the time goes.</summary>
internal sealed record LoadFacts
{
    /// <summary>Requests answered.</summary>
    public required int Answered { get; init; }

    /// <summary>Mean milliseconds that a client waited.</summary>
    public required double MeanMs { get; init; }

    /// <summary>Mean milliseconds by stage; empty when the server does not say.</summary>
    public required IReadOnlyDictionary<string, double> StagesMs { get; init; }

    /// <summary>Part of the time for which the busiest device worked; null when the server does not say.</summary>
    public double? Busy { get; init; }

    /// <summary>99 of 100 requests were sent at most this many milliseconds after they were due.</summary>
    public required double GeneratorLateMs { get; init; }
}

/// <summary>The stage that limits the whole, and why it is thought to.</summary>
internal sealed record Bottleneck(string Stage, string Why)
{
    /// <summary>From here on a device has no time left worth winning.</summary>
    private const double SaturatedFrom = 0.85;

    /// <summary>From here on a generator's lateness is part of what it measures, unless it is below what a timer can do.</summary>
    private const double LatePart = 0.1, TimerMs = 5;

    private const string Queue = "queue";

    /// <summary>
    /// In this order: a generator that was late measured itself; a busy device is the limit, whatever waits before it; then the largest
    /// part of the time, where what no stage accounts for is the way over HTTP.
    /// </summary>
    public static Bottleneck From(LoadFacts facts)
    {
        if (facts.Answered == 0)
            return new("unknown", "no request was answered");
        if (facts.GeneratorLateMs > Math.Max(TimerMs, LatePart * facts.MeanMs))
            return new("generator", Text(
                $"it sent requests up to {facts.GeneratorLateMs:0} ms late (p99) while they took {facts.MeanMs:0} ms on average: run it "
                    + $"on another machine, or ask for less"));
        if (facts.Busy >= SaturatedFrom)
            return new("infer", Text($"the busiest device works {facts.Busy:P0} of the time"));
        if (facts.StagesMs.Count == 0)
            return new("unknown", "the server sends no Server-Timing and shows no stages in /metrics");
        Dictionary<string, double> parts = new(facts.StagesMs) { ["http"] = Math.Max(0, facts.MeanMs - facts.StagesMs.Values.Sum()) };
        (string stage, double milliseconds) = parts.MaxBy(part => part.Value);
        return new(stage, Text($"{milliseconds:0.0} of {facts.MeanMs:0.0} ms, the largest part{Remark(stage, facts.Busy)}"));
    }

    private static string Remark(string stage, double? busy) => stage switch
    {
        Queue when busy is { } part => Text(
            $", though the busiest device works only {part:P0} of the time: requests come in bursts, or batches wait for more images"),
        Queue => ": images wait for a device",
        "http" => ": reading requests, writing answers, the network",
        _ => "",
    };
}
