using System.Diagnostics.Metrics;
using VitGrid.Engine.Telemetry;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>What indexing counts; see <see cref="GridMetrics"/>. Every worker shows the same lag, that of the group.</summary>
internal sealed class IndexMetrics
{
    private readonly Counter<long> _items;
    private long _lag;
    private long _pending;

    public IndexMetrics(GridMetrics metrics)
    {
        _items = metrics.Meter.CreateCounter<long>("vitgrid.index.items", "{item}", "Items of the indexing queue by what became of them");
        metrics.Meter.CreateObservableGauge(
            "vitgrid.index.lag", () => Volatile.Read(ref _lag), "{item}", "Entries of the indexing queue that nobody has read");
        metrics.Meter.CreateObservableGauge(
            "vitgrid.index.pending", () => Volatile.Read(ref _pending), "{item}", "Entries that were read and are not yet acknowledged");
    }

    /// <summary>
    /// Items came to an end: <c>done</c>, <c>dead</c>, <c>cancelled</c>, <c>parked</c>, or were tried again: <c>retried</c>.
    /// </summary>
    public void Count(string state, int items)
    {
        if (items > 0)
            _items.Add(items, new KeyValuePair<string, object?>("state", state));
    }

    /// <summary>The stream was looked at.</summary>
    public void Saw(StreamState stream)
    {
        Volatile.Write(ref _lag, stream.Lag ?? stream.Length - stream.Pending);
        Volatile.Write(ref _pending, stream.Pending);
    }
}
