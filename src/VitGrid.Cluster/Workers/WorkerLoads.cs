using Microsoft.Extensions.DependencyInjection;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Workers;

/// <summary>Reads what this worker does: how busy its stages are and what waits at its heads. Any thread may ask.</summary>
internal sealed class WorkerLoads(
    SegmentHost host, LocalReplicaHeads heads, [FromKeyedServices(GridClock.Key)] TimeProvider time)
{
    /// <summary>The stages it reads.</summary>
    public SegmentHost Host => host;

    /// <summary>The load at this moment.</summary>
    public WorkerLoad Now()
    {
        Dictionary<StageKey, int> held = host.Reports().ToDictionary(report => report.Key, report => report.InFlight);
        Dictionary<StageKey, StageFlow> flows = host.Flows();
        return new(
            time.Now().TotalSeconds,
            [.. host.Busy().Select(stage => Load(
                stage.Key, stage.Device, stage.Busy, held.GetValueOrDefault(stage.Key), flows.GetValueOrDefault(stage.Key)))],
            [.. heads.All.GroupBy(head => head.Key.Model, head => head.Queue).Select(model => new QueueLoad(
                model.Key, model.Sum(queue => queue.Interactive.Count), model.Sum(queue => queue.Bulk.Count)))]);
    }

    private static StageLoad Load(StageKey key, string device, TimeSpan busy, int held, StageFlow flow) => new(
        key.Replica.Model, key.Replica.Replica, key.Replica.Epoch, key.Segment, device, busy.TotalSeconds, held)
    {
        Batches = flow.Batches,
        Images = flow.Images,
        Bytes = flow.Bytes,
    };
}
