using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Features;
using VitGrid.Engine.Health;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
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
            ShortTexts = true,
            Quantising = quantising.Follow(model.Name),
        };
        ISegmentSession session = Load(model, settings);
        try
        {
            StageKey key = new(layout.Key, segment);
            EncoderArchitecture architecture = model.Facts.Architecture;
            int width = architecture.Poolings.VectorWidth(architecture.Width, last: true);
            DeviceThread device = devices.Thread(place.Device);
            StageExits exits = connections.Open(layout, segment);
            FeatureShape shape = FeatureShape.From(architecture, model.Facts.Profile.Size, model.Facts.VisualTokens);
            FeatureSegment features = new(
                place.Blocks, shape, session, outputs => load(model.Checkpoint, With(settings, outputs)), device);
            // Images that come as planes enter a first segment by another graph, which is loaded when the first of them comes.
            FeatureSegment? planes = place.Blocks.First > 0 ? null : new(
                place.Blocks, shape, null,
                outputs => load(model.Checkpoint, With(settings, outputs) with { Input = SegmentInput.PixelValues }), device);
            DeviceGuard guard = devices.Guard(place.Device);
            return new(key, session, width, device, exits, logger, guard, LoadProbe(model, settings, session))
            {
                Features = new(key, features, width, device, exits, logger, guard),
                Planes = planes is null ? null : new(key, planes, width, device, exits, logger, guard),
            };
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A device whose weights are no longer what was loaded first holds nothing.</summary>
    private ISegmentSession Load(OpenedModel model, SegmentSettings settings)
    {
        try
        {
            return load(model.Checkpoint, settings);
        }
        catch (WeightsChangedException exception)
        {
            devices.Guard(settings.Device.Name).GiveUp(IllnessKind.WeightsChanged, exception.Message, model.Name);
            throw;
        }
    }

    private static SegmentSettings With(SegmentSettings settings, FeatureOutputs outputs) => settings with
    {
        FeatureLayers = outputs.Layers,
        NormedLayers = outputs.NormedLayers,
        VisualTokens = outputs.VisualTokens,
    };

    /// <summary>A device that computes a known image wrong from the start holds nothing.</summary>
    private GoldenProbe? LoadProbe(OpenedModel model, SegmentSettings settings, ISegmentSession session)
    {
        if (!options.Health.Probes && !settings.Device.Backend.IsProvenAtLoad)
            return null;
        try
        {
            GoldenProbe probe = settings.Device.Backend.SharesHost
                ? ComputeThread.Run(() => GoldenProbe.Load(model.Checkpoint, settings, session))
                : GoldenProbe.Load(model.Checkpoint, settings, session);
            return options.Health.Probes ? probe : null;
        }
        catch (WrongVectorException exception)
        {
            devices.Guard(settings.Device.Name).GiveUp(IllnessKind.WrongProbe, exception.Message, model.Name);
            throw;
        }
    }
}
