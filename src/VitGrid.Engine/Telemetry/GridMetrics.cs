using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;
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
    private readonly Counter<long> _features;
    private readonly Counter<long> _recalled;
    private readonly Counter<long> _deviceFailures;
    private readonly Counter<long> _probes;
    private readonly Counter<long> _scrubbed;
    private readonly Counter<long> _halved;
    private readonly Counter<long> _secondOpinions;

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
        _features = Meter.CreateCounter<long>("vitgrid.features.sent", "By", "Bytes of features sent to clients");
        _writes = Meter.CreateCounter<long>("vitgrid.cache.writes", "{vector}", "Vectors for the cache's Redis by what became of them");
        _recalled = Meter.CreateCounter<long>(
            "vitgrid.cache.recalled", "{vector}", "Vectors removed from the cache because a device was found to have computed wrong");
        _deviceFailures = Meter.CreateCounter<long>("vitgrid.device.failures", "{failure}", "Times that a device was given up");
        _halved = Meter.CreateCounter<long>(
            "vitgrid.batch.halved", "{batch}", "Batches that found no memory and made later ones half as large");
        _secondOpinions = Meter.CreateCounter<long>(
            "vitgrid.second.opinions", "{image}", "Images that a second replica computed as well, by what came of it");
        _probes = Meter.CreateCounter<long>("vitgrid.device.probes", "{round}", "Rounds of probes by what became of them");
        _scrubbed = Meter.CreateCounter<long>(
            "vitgrid.weights.scrubbed", "By", "Bytes of mapped weights that were compared with what was loaded");
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

    /// <summary>Features were sent to a client.</summary>
    public void FeaturesSent(string model, long bytes) => _features.Add(bytes, new KeyValuePair<string, object?>("model", model));

    /// <summary>Vectors of a level, memory or redis, were removed: their device was found to have computed wrong.</summary>
    public void Recalled(string tier, int vectors) => _recalled.Add(vectors, new KeyValuePair<string, object?>("tier", tier));

    /// <summary>A batch found no memory: later ones are half as large.</summary>
    internal void Halved(string model) => _halved.Add(1, new KeyValuePair<string, object?>("model", model));

    /// <summary>An image was computed twice: agreed, corrected, undecided, or alone where no other replica was there.</summary>
    public void SecondOpinion(string model, string result) => _secondOpinions.Add(1, new("model", model), new("result", result));

    /// <summary>A device was given up.</summary>
    internal void DeviceFailed(string device, IllnessKind kind) =>
        _deviceFailures.Add(1, new("device", device), new("kind", kind.ToString().ToLowerInvariant()));

    /// <summary>A round of a device's probes has passed, was wrong or failed.</summary>
    internal void Probed(string device, string result) => _probes.Add(1, new("device", device), new("result", result));

    /// <summary>Mapped weights were compared with what was loaded.</summary>
    internal void Scrubbed(long bytes) => _scrubbed.Add(bytes);

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

/// <summary>
/// Spans of an image's way: <c>image</c> at the front end with <c>decode</c>, <c>queue</c> and <c>infer</c> in it; <c>batch</c> at the
/// replica's head, with a link to each image, and in it a <c>segment</c> for each device and a <c>transfer</c> between two. Between
/// processes the parent travels as a W3C traceparent. While nobody listens nothing is made.
/// </summary>
public static class GridTraces
{
    /// <summary>The name to listen to.</summary>
    public const string SourceName = "VitGrid";

    /// <summary>The attribute that holds a request's id, on a request's span and on its images'.</summary>
    public const string RequestTag = "vitgrid.request.id";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The present span as a traceparent; null while nobody listens.</summary>
    internal static string? Present => Source.HasListeners() ? Activity.Current?.Id : null;

    /// <summary>A span within the present one.</summary>
    internal static Activity? Start(string name, string model) => Source.StartActivity(name)?.SetTag("vitgrid.model", model);

    /// <summary>A span within one of another process or of an earlier moment.</summary>
    internal static Activity? Within(string? parent, string name, string model) =>
        Source.HasListeners() && ActivityContext.TryParse(parent, null, isRemote: true, out ActivityContext context)
            ? Source.StartActivity(name, ActivityKind.Internal, context)?.SetTag("vitgrid.model", model)
            : null;

    /// <summary>A batch: within the first of its images that is recorded, since a sampler goes by the parent; linked to all.</summary>
    internal static Activity? Batch(string model, IReadOnlyList<string?>? images)
    {
        if (images is null || !Source.HasListeners())
            return null;
        ActivityContext[] contexts = [
            .. images.Where(trace => trace is not null).Select(trace => ActivityContext.Parse(trace!, null)).OrderByDescending(
                context => context.TraceFlags)];
        return Source.StartActivity(
            "batch", ActivityKind.Internal, contexts[0], links: contexts.Select(context => new ActivityLink(context)))
            ?.SetTag("vitgrid.model", model).SetTag("vitgrid.batch.size", images.Count);
    }

    /// <summary>Ends <paramref name="queue"/> after the time that was waited, and adds the computation that followed.</summary>
    internal static void Answered(Activity? queue, TimeSpan waited, TimeSpan computed)
    {
        if (queue is null)
            return;
        DateTime left = queue.StartTimeUtc + waited;
        queue.SetEndTime(left);
        ActivityContext parent = queue.Parent?.Context ?? queue.Context;
        using Activity? infer = Source.StartActivity("infer", ActivityKind.Internal, parent, startTime: left);
        infer?.SetEndTime(left + computed);
    }
}

/// <summary>
/// Which models this process knows, with the revision that decides their vectors: 1 each, as soon as the weights were read.
/// </summary>
public sealed class ModelGauges
{
    /// <summary>Makes the gauges; they are read when somebody asks.</summary>
    public ModelGauges(GridMetrics metrics, ModelCatalog catalog) => metrics.Meter.CreateObservableGauge(
        "vitgrid.model.info",
        () => catalog.Towers.Where(model => model.Fingerprint is not null).Select(Info),
        description: "1 for each known model");

    private static Measurement<int> Info(ModelInfo model) => new(
        1,
        new("model", model.Name),
        new("revision", model.Fingerprint),
        new("preprocess", model.Profile.Name),
        new("precision", model.Precision.ToString().ToLowerInvariant()),
        new("arithmetic", model.Arithmetic));
}

/// <summary>Scopes that put a request's id on every line that is logged within, where no HTTP request does.</summary>
public static class RequestScope
{
    private static readonly Func<ILogger, string, IDisposable?> Define = LoggerMessage.DefineScope<string>("request {RequestId}");

    /// <summary>
    /// Opens the scope of <paramref name="requestId"/>; null, and at no cost, where it has none or <paramref name="logger"/> is not on at
    /// Debug: images pass by the thousand.
    /// </summary>
    public static IDisposable? Begin(ILogger logger, string? requestId) =>
        requestId is null || !logger.IsEnabled(LogLevel.Debug) ? null : Define(logger, requestId);
}

/// <summary>
/// Counts what happens thousands of times a second when something is broken, and says when a line about it is due. Any thread.
/// </summary>
/// <param name="pause">Shortest time between two lines.</param>
public sealed class ThrottledCount(TimeSpan pause)
{
    private readonly Lock _gate = new();
    private TimeSpan? _told;
    private int _count;

    /// <summary>Counts one more at <paramref name="now"/>.</summary>
    /// <returns>How many to tell of, this one among them; null: not now.</returns>
    public int? Add(TimeSpan now)
    {
        lock (_gate)
        {
            _count++;
            if (_told is { } last && now - last < pause)
                return null;
            (_told, int count, _count) = (now, _count, 0);
            return count;
        }
    }
}
