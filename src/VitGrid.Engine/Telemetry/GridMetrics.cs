using System.Diagnostics.Metrics;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Telemetry;

/// <summary>
/// What this process counts and times of its images. Names are OpenTelemetry's; a scraper sees underscores for dots, the unit and
/// <c>_total</c> appended. Labels are names of models, stages and outcomes, never anything a client sent. Any thread may call.
/// </summary>
public sealed class GridMetrics
{
    /// <summary>The meter of everything that VitGrid measures.</summary>
    public const string MeterName = "VitGrid";

    private readonly Histogram<double> _stages;
    private readonly Histogram<double> _transfers;
    private readonly Histogram<int> _batches;
    private readonly Counter<long> _images;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _writes;

    /// <summary>Makes the instruments.</summary>
    public GridMetrics(IMeterFactory meters)
    {
        Meter = meters.Create(MeterName);
        _stages = Meter.CreateHistogram("vitgrid.stage.duration", "s", "Time in a stage of an image's way", advice: Seconds);
        _transfers = Meter.CreateHistogram(
            "vitgrid.segment.transfer", "s", "Time to send a batch's hidden state to the next segment's process", advice: Seconds);
        _batches = Meter.CreateHistogram("vitgrid.batch.size", "{image}", "Images in a batch", advice: Images);
        _images = Meter.CreateCounter<long>("vitgrid.images", "{image}", "Images by what became of them");
        _lookups = Meter.CreateCounter<long>("vitgrid.cache.lookups", "{lookup}", "Questions to the cache");
        _writes = Meter.CreateCounter<long>("vitgrid.cache.writes", "{vector}", "Vectors for the cache's Redis by what became of them");
    }

    /// <summary>Bounds of every histogram of durations.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60],
    };

    /// <summary>For instruments that are read when somebody asks.</summary>
    public Meter Meter { get; }

    private static InstrumentAdvice<int> Images { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };

    /// <summary>An image was answered.</summary>
    internal void Embedded(string model, bool fromCache) =>
        _images.Add(1, new("model", model), new("outcome", fromCache ? "cached" : "computed"));

    /// <summary>An image whose model serves was not answered; gives the outcome as which it counts.</summary>
    internal string NotEmbedded(string model, Exception reason)
    {
        string outcome = OutcomeOf(reason);
        _images.Add(1, new("model", model), new("outcome", outcome));
        return outcome;
    }

    /// <summary>An image spent <paramref name="took"/> in a stage: fetch, cache, decode, queue, infer, encode.</summary>
    public void Stage(string model, string stage, TimeSpan took) =>
        _stages.Record(took.TotalSeconds, new("model", model), new("stage", stage));

    /// <summary>A batch left for the devices.</summary>
    internal void Batch(string model, int images) => _batches.Record(images, new KeyValuePair<string, object?>("model", model));

    /// <summary>A level of the cache, memory or redis, was asked: hit, miss or error.</summary>
    public void Lookup(string tier, string result) => _lookups.Add(1, new("tier", tier), new("result", result));

    /// <summary>Vectors were stored in Redis, refused by it (failed), or dropped before it was asked.</summary>
    public void Wrote(string result, int vectors) => _writes.Add(vectors, new KeyValuePair<string, object?>("result", result));

    /// <summary>A segment's output was sent to the next one.</summary>
    public void Transferred(string model, string segment, TimeSpan took) =>
        _transfers.Record(took.TotalSeconds, new("model", model), new("segment", segment));

    private static string OutcomeOf(Exception reason) => reason switch
    {
        OperationCanceledException => "cancelled",
        GridException { Fault: GridFault.DeadlineExceeded } => "expired",
        GridException { Fault: not GridFault.SegmentFailed } or ImageException => "refused",
        _ => "failed",
    };
}
