using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.LoadTest.Measure;

namespace VitGrid.LoadTest.Reports;

/// <summary>
/// The report of a load, as it stands in JSON. Fields keep their names and meaning within a version; new ones may come. Times are in
/// milliseconds where a name ends in <c>ms</c>, else in seconds.
/// </summary>
internal sealed record BenchReport
{
    /// <summary>Always <c>vitgrid-bench</c>.</summary>
    public string Schema { get; init; } = "vitgrid-bench";

    /// <summary>Rises when a field changes its meaning or goes.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Date, processor, instruction set, cores, runtime, commit of the generator's machine.</summary>
    public required string Machine { get; init; }

    /// <summary>The command that was run, without keys.</summary>
    public required string Command { get; init; }

    /// <summary>Where requests went.</summary>
    public required string Target { get; init; }

    /// <summary>How requests came: in words.</summary>
    public required string Load { get; init; }

    /// <summary>What they asked: in words.</summary>
    public required string Requests { get; init; }

    /// <summary>The steps, without the warm-up.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>Interval by interval, with the warm-up.</summary>
    public required IReadOnlyList<IntervalReport> Timeline { get; init; }

    /// <summary>Mean milliseconds a request by stage, from <c>Server-Timing</c>.</summary>
    public required IReadOnlyDictionary<string, double> StagesMs { get; init; }

    /// <summary>Milliseconds that 99 of 100 requests stay within, by stage.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, double> StagesP99Ms { get; init; } = new Dictionary<string, double>();

    /// <summary>What <c>/metrics</c> said; null when it said nothing.</summary>
    public ServerReport? Server { get; init; }

    /// <summary>The generator's own processor time, in cores.</summary>
    public required double GeneratorCores { get; init; }

    /// <summary>The highest rate within a bound; null when none was searched.</summary>
    public SearchReport? Search { get; init; }

    /// <summary>What the comparison of vectors found; null when there was none.</summary>
    public VerifyReport? Verify { get; init; }

    /// <summary>The stage that limits the whole.</summary>
    public required Bottleneck Bottleneck { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Default.BenchReport);
}

/// <summary>One step of a load.</summary>
internal sealed record StepReport
{
    public required string Name { get; init; }

    /// <summary>Requests a second that were asked for; null for a closed loop.</summary>
    public double? RateAsked { get; init; }

    public required double Seconds { get; init; }

    public required int Sent { get; init; }

    public required int Answered { get; init; }

    /// <summary>429.</summary>
    public required int Refused { get; init; }

    /// <summary>504, or not answered in time.</summary>
    public required int Late { get; init; }

    public required int Failed { get; init; }

    /// <summary>Held back: too many were under way.</summary>
    public required int NotSent { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double ImagesPerSecond { get; init; }

    /// <summary>Of answered requests, from the moment each was due.</summary>
    public required Percentiles LatencyMs { get; init; }

    /// <summary>Of refused requests, from the moment each was sent.</summary>
    public required Percentiles RefusedMs { get; init; }

    /// <summary>How late the generator itself was.</summary>
    public required Percentiles GeneratorLateMs { get; init; }

    /// <summary>Latency by lane, where lanes were named.</summary>
    public required IReadOnlyDictionary<string, Percentiles> Lanes { get; init; }

    /// <summary>Percentile and milliseconds, for a plot.</summary>
    public required IReadOnlyList<PlotPoint> Curve { get; init; }

    /// <summary>Status and code, and how often.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }
}

/// <summary>One interval; latencies in milliseconds.</summary>
internal sealed record IntervalReport(double Second, int Answered, int Images, int Refused, int Failed, double P50, double P99, double Max);

/// <summary>What a VitGrid server says of itself: milliseconds an image, batches by size, devices.</summary>
internal sealed record ServerReport(
    IReadOnlyDictionary<string, double> StagesMs, IReadOnlyList<BatchCount> Batches, IReadOnlyDictionary<string, double> DeviceBusy,
    IReadOnlyList<BusyPoint> BusyTimeline);

/// <summary>Batches of at most <paramref name="UpTo"/> images and more than the next smaller bound; null: any number.</summary>
internal sealed record BatchCount(double? UpTo, double Batches);

/// <summary>A device's busy ratio at a second.</summary>
internal sealed record BusyPoint(double Second, string Device, double Ratio);

/// <summary>The highest rate found.</summary>
internal sealed record SearchReport(string Goal, double? Rate, IReadOnlyList<ProbeReport> Probes);

/// <summary>One probe of a search.</summary>
internal sealed record ProbeReport(double Rate, double LatencyMs, bool Held);

/// <summary>Vectors compared bit for bit with the first one of equal pixels.</summary>
internal sealed record VerifyReport(long Compared, long Different);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
