using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// Turns a stage's place in a layout into a stage at work: loads its segment, and ties its exits to the next stage and to the head.
/// </summary>
internal sealed class StageBuilder(
    SegmentLoader load, LocalDevices devices, StageConnections connections, IQuantisingObserver quantising, ILogger<Stage> logger)
{
    /// <summary>Loads the segment. Takes from milliseconds to minutes: never called from a grain.</summary>
    public Stage Build(OpenedModel model, ReplicaLayout layout, int segment)
    {
        StagePlace place = layout.Stages[segment];
        ISegmentSession session = load(model.Checkpoint, new()
        {
            Blocks = place.Blocks,
            InputSize = model.Facts.Profile.Size,
            Precision = model.Facts.Precision,
            Device = devices.Spec(place.Device),
            Threads = devices.CoresPerDevice,
            Sharing = devices.Sharing,
            Quantising = quantising.Follow(model.Name),
        });
        EncoderArchitecture shape = model.Facts.Architecture;
        int width = shape.Poolings.VectorWidth(shape.Width, last: true);
        return new(new(layout.Key, segment), session, width, devices.Thread(place.Device), connections.Open(layout, segment), logger);
    }
}
