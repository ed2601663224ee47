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
        return new(
            time.Now().TotalSeconds,
            [.. host.Busy().Select(stage => new StageLoad(
                stage.Key.Replica.Model, stage.Key.Replica.Replica, stage.Key.Replica.Epoch, stage.Key.Segment, stage.Device,
                stage.Busy.TotalSeconds, held.GetValueOrDefault(stage.Key)))],
            [.. heads.All.GroupBy(head => head.Key.Model, head => head.Queue).Select(model => new QueueLoad(
                model.Key, model.Sum(queue => queue.Interactive.Count), model.Sum(queue => queue.Bulk.Count)))]);
    }
}
