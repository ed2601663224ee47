using Microsoft.Extensions.Logging;
using VitGrid.Grains.Placement;
using VitGrid.Model.Segments;

namespace VitGrid.Grains.Pipeline;

/// <summary>Reads an opened model's weights, segment by segment. Takes from milliseconds to minutes: never called from a grain.</summary>
internal sealed partial class ModelLoader(SegmentLoader load, PixelStore pixels, ActivationStore activations, ILogger<ModelLoader> logger)
{
    public LoadedModel Load(OpenedModel model, DeviceThreads devices, CancellationToken cancellation)
    {
        List<SegmentStage> stages = [];
        try
        {
            foreach (AssignedSegment segment in model.Segments)
            {
                cancellation.ThrowIfCancellationRequested();
                stages.Add(Load(model, segment, devices));
                LogLoaded(model.Info.Name, stages.Count, model.Segments.Length, segment.Blocks, segment.Device.Name);
            }
            return new(Random.Shared.NextInt64(), [.. stages]);
        }
        catch
        {
            stages.ForEach(stage => stage.Dispose());
            throw;
        }
    }

    private SegmentStage Load(OpenedModel model, AssignedSegment segment, DeviceThreads devices)
    {
        SegmentRunner runner = load(model.Checkpoint, new()
        {
            Blocks = segment.Blocks,
            InputSize = model.Info.InputSize,
            Precision = model.Info.Precision,
            Device = segment.Device,
            Threads = devices.CoresPerDevice,
        });
        return new(runner, model.Info.Dimensions, devices[segment.Device], pixels, activations);
    }

    [LoggerMessage(LogLevel.Information, "Model {Model}: segment {Number} of {Count} (blocks {Blocks}) loaded on {Device}")]
    private partial void LogLoaded(string model, int number, int count, BlockRange blocks, string device);
}
