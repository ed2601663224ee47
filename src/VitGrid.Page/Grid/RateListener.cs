using System.Diagnostics.Metrics;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Page.Grid;

/// <summary>
/// Hears what the process counts anyway and adds it to a <see cref="RateHistory"/>: an addition for each image, and none of the gauges,
/// whose readers would disturb each other. Any thread may count.
/// </summary>
internal sealed class RateListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly RateHistory _history;

    public RateListener(GridMetrics metrics, RateHistory history)
    {
        _history = history;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // By identity: a program may hold several grids, each with a meter of this name.
            if (instrument.Meter == metrics.Meter && instrument.Name is "vitgrid.images" or "vitgrid.cache.lookups"
                or "vitgrid.batch.size" or "vitgrid.request.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(OnCount);
        _listener.SetMeasurementEventCallback<int>(OnBatch);
        _listener.SetMeasurementEventCallback<double>(OnDuration);
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void OnDuration(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        _history.Answered(seconds);

    private void OnBatch(Instrument instrument, int images, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        _history.Add(Counted.Batches, 1);
        _history.Add(Counted.Batched, images);
    }

    private void OnCount(Instrument instrument, long count, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (tags.Length == 2 && Find(instrument.Name, (string?)tags[0].Value, (string?)tags[1].Value) is { } what)
            _history.Add(what, count);
    }

    private static Counted? Find(string instrument, string? first, string? second) => (instrument, first, second) switch
    {
        ("vitgrid.images", _, "computed") => Counted.Computed,
        ("vitgrid.images", _, "cached") => Counted.Cached,
        ("vitgrid.images", _, "failed") => Counted.Failed,
        ("vitgrid.images", _, _) => Counted.Refused,
        (_, "memory", "hit") => Counted.MemoryHits,
        (_, "memory", _) => Counted.MemoryMisses,
        (_, "redis", "hit") => Counted.RedisHits,
        (_, "redis", "miss") => Counted.RedisMisses,
        _ => null,
    };
}
