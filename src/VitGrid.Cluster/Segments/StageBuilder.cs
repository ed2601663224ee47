using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// Turns a stage's place in a layout into a stage at work: loads its segment, and ties its exits to the next stage and to the head.
/// </summary>
internal sealed class StageBuilder(
    SegmentLoader load, LocalDevices devices, StageConnections connections, IQuantisingObserver quantising, GridOptions options,
    ILogger<Stage> logger)
{
    /// <summary>Loads the segment. Takes from milliseconds to minutes: never called from a grain.</summary>
    public Stage Build(OpenedModel model, ReplicaLayout layout, int segment)
    {
        StagePlace place = layout.Stages[segment];
        SegmentSettings settings = new()
        {
            Blocks = place.Blocks,
            InputSize = model.Facts.Profile.Size,
            Precision = model.Facts.Precision,
            Device = devices.Spec(place.Device),
            Threads = devices.CoresPerDevice,
            Sharing = devices.Sharing,
            Quantising = quantising.Follow(model.Name),
        };
        ISegmentSession session = load(model.Checkpoint, settings);
        try
        {
            return new(
                new(layout.Key, segment), session, model.Facts.Architecture.Width, devices.Thread(place.Device),
                connections.Open(layout, segment), logger, devices.Guard(place.Device), LoadProbe(model, settings, session));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A device that computes a known image wrong from the start holds nothing.</summary>
    private GoldenProbe? LoadProbe(OpenedModel model, SegmentSettings settings, ISegmentSession session)
    {
        if (!options.Health.Probes)
            return null;
        try
        {
            return settings.Device.Backend.SharesHost
                ? ComputeThread.Run(() => GoldenProbe.Load(model.Checkpoint, settings, session))
                : GoldenProbe.Load(model.Checkpoint, settings, session);
        }
        catch (WrongVectorException exception)
        {
            devices.Guard(settings.Device.Name).GiveUp(IllnessKind.WrongProbe, exception.Message, model.Name);
            throw;
        }
    }
}
