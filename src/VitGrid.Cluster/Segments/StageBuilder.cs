using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// Turns a stage's place in a layout into a stage at work: loads its segment, and ties its exits to the next stage and to the head.
/// </summary>
internal sealed class StageBuilder(
    GridOptions options, SegmentLoader load, LocalDevices devices, StageConnections connections, FollowQuantising quantising,
    ILogger<Stage> logger)
{
    /// <summary>Loads the segment. Takes from milliseconds to minutes: never called from a grain.</summary>
    public Stage Build(OpenedModel model, ReplicaLayout layout, int segment)
    {
        StagePlace place = layout.Stages[segment];
        SegmentRunner runner = load(model.Checkpoint, new()
        {
            Blocks = place.Blocks,
            InputSize = model.Facts.Profile.Size,
            Precision = model.Facts.Precision,
            Device = devices.Spec(place.Device),
            Threads = devices.CoresPerDevice,
            Sharing = devices.Sharing,
            Quantising = quantising(model.Name),
        });
        return new(new(layout.Key, segment), runner, model.Facts.Architecture.Width, devices.Thread(place.Device), connections.Exits(
            layout, segment), logger);
    }

    /// <summary>The entrance to the replica, where its first segment is.</summary>
    public PipelineHead Head(ReplicaLayout layout, LoadedStages stages, PixelStore pixels) =>
        new(layout.Key, layout.Window, input => stages.EnqueueAsync(new(layout.Key, 0), input), pixels, new(
            TimeSpan.FromMilliseconds(options.Cluster.BatchMilliseconds)));
}

/// <summary>The ways out of stages, by reference within the process and over the data plane to others.</summary>
internal sealed class StageConnections(
    Peers peers, StageOutlets outlets, HeadReturn head, LoadedStages stages, FrameHeads frames, GridMetrics metrics)
{
    public StageExits Exits(ReplicaLayout layout, int segment) => new(
        pooled => head.SendAsync(layout, pooled),
        (batch, failure) => head.FailAsync(layout, batch, failure),
        segment + 1 < layout.Stages.Length ? Forward(layout, segment + 1) : null);

    /// <summary>Forgets the way to the stage after <paramref name="segment"/>.</summary>
    public void Close(ReplicaKey replica, int segment) => outlets.Remove(new(replica, segment + 1));

    private Func<BatchTicket, Activation, Task> Forward(ReplicaLayout layout, int next)
    {
        StageKey key = new(layout.Key, next);
        NodeAddress node = layout.Stages[next].Node;
        if (node.Node == peers.Self.Node)
            return async (ticket, hidden) => await stages.EnqueueAsync(key, new(ticket, null, hidden));
        string segment = (next - 1).ToString(CultureInfo.InvariantCulture);
        StageOutlet outlet = new(key, node, peers, frames, took => metrics.Transferred(layout.Key.Model, segment, took));
        outlets.Add(key, outlet, (batch, failure) => _ = head.FailAsync(layout, batch, failure).AsTask());
        return outlet.SendAsync;
    }
}
