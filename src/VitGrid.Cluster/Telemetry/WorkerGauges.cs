using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Telemetry;

/// <summary>What is read of a worker when a scraper asks: its queues, how busy its segments are, its devices' memory.</summary>
internal sealed class WorkerGauges
{
    private readonly LocalReplicaHeads _heads;
    private readonly SegmentHost _host;
    private readonly LocalDevices _devices;
    private readonly TimeProvider _time;
    private readonly BusyRatios _busy;

    public WorkerGauges(
        GridMetrics metrics, LocalReplicaHeads heads, SegmentHost host, LocalDevices devices,
        [FromKeyedServices(GridClock.Key)] TimeProvider time)
    {
        (_heads, _host, _devices, _time, _busy) = (heads, host, devices, time, new(time.Now()));
        metrics.Meter.CreateObservableGauge("vitgrid.queue.depth", Depths, "{image}", "Images that wait at the heads of this process");
        metrics.Meter.CreateObservableGauge("vitgrid.queue.oldest.age", Ages, "s", "How long the first of them has waited");
        metrics.Meter.CreateObservableGauge(
            "vitgrid.segment.busy.ratio", Ratios,
            description: "Part of the time since the last scrape that a segment kept its device busy");
        metrics.Meter.CreateObservableGauge(
            "vitgrid.device.memory", Memory, "By", "limit: what the grid may use; planned: what the segments here are counted with");
    }

    private IEnumerable<Measurement<int>> Depths() => Lanes((model, lane, waiting) =>
        new Measurement<int>(waiting.Sum(queue => queue.Count), new("model", model), new("lane", lane)));

    private IEnumerable<Measurement<double>> Ages()
    {
        TimeSpan now = _time.Now();
        return Lanes((model, lane, waiting) =>
            new Measurement<double>(
                Math.Max(0, waiting.Max(queue => (now - (queue.OldestSince ?? now)).TotalSeconds)), new("model", model), new(
                    "lane", lane)));
    }

    /// <summary>A model may have several replicas whose heads are here.</summary>
    private IEnumerable<T> Lanes<T>(Func<string, string, LaneState[], T> measure)
    {
        foreach (IGrouping<string, QueueState> model in _heads.All.GroupBy(head => head.Key.Model, head => head.Queue))
        {
            yield return measure(model.Key, "interactive", [.. model.Select(queue => queue.Interactive)]);
            yield return measure(model.Key, "bulk", [.. model.Select(queue => queue.Bulk)]);
        }
    }

    private IEnumerable<Measurement<double>> Ratios() => _busy.Ask(_host.Busy(), _time.Now()).Select(segment => new Measurement<double>(
        segment.Ratio,
        new("model", segment.Model),
        new("segment", segment.Segment.ToString(CultureInfo.InvariantCulture)),
        new("device", segment.Device)));

    private IEnumerable<Measurement<long>> Memory()
    {
        ILookup<string, long> planned = _host.Reports().Select(report => report.Layout.Stages[report.Segment]).ToLookup(
            place => place.Device, place => place.Bytes);
        foreach (DeviceRow device in _devices.Rows)
        {
            if (device.MemoryBytes is { } limit)
                yield return new(limit, new("device", device.Name), new("kind", "limit"));
            yield return new(planned[device.Name].Sum(), new("device", device.Name), new("kind", "planned"));
        }
    }
}
