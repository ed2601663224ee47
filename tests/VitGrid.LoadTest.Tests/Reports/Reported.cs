using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Reports;

/// <summary>A report in which every part has something in it.</summary>
internal static class Reported
{
    public const string Hostile = "<script src=\"http://evil/x.js\">&'";

    private static readonly Percentiles Waits = new(10, 9, 11, 15, 30, 40, 41);

    public static BenchReport Full { get; } = new()
    {
        Machine = "2026-11-24 | a machine",
        Command = $"vitgrid bench {Hostile}",
        Target = $"http://127.0.0.1:8080/v1/embeddings?{Hostile}",
        Load = "Open loop",
        Requests = "JSON",
        Steps =
        [
            new()
            {
                Name = Hostile,
                RateAsked = 10,
                Seconds = 2,
                Sent = 20,
                Answered = 18,
                Refused = 1,
                Late = 0,
                Failed = 1,
                NotSent = 0,
                RequestsPerSecond = 9,
                ImagesPerSecond = 9,
                LatencyMs = Waits,
                RefusedMs = Waits,
                GeneratorLateMs = Waits,
                Lanes = new Dictionary<string, Percentiles> { ["bulk"] = Waits },
                Curve = [new(0, 1), new(50, 9), new(99, 30), new(100, 41)],
                Faults = new Dictionary<string, int> { [Hostile] = 2 },
            },
        ],
        Timeline = [new(0, 9, 9, 0, 0, 9, 30, 41), new(1, 9, 9, 1, 1, 9, 30, 41)],
        StagesMs = new Dictionary<string, double> { [Hostile] = 4, ["infer"] = 5 },
        Server = new(new Dictionary<string, double> { ["infer"] = 5 }, [
            new(1, 3), new(null, 1)], new Dictionary<string, double> { ["cpu:0"] = 0.5 }, [new(1, "cpu:0", 0.5)]),
        GeneratorCores = 0.1,
        Search = new("p99=200ms", 9, [new(9, 30, true)]),
        Verify = new(5, 0),
        Bottleneck = new("infer", "it is"),
    };
}
