using VitGrid.Grains.Options;
using VitGrid.Grains.Placement;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Grains.Pipeline;

/// <summary>A model whose files were checked and whose segments have places; no weight was read.</summary>
internal sealed record OpenedModel(ModelInfo Info, Checkpoint Checkpoint, ImmutableArray<AssignedSegment> Segments);

/// <summary>Opens every configured checkpoint before the grid starts, so that a bad one never reaches a device.</summary>
internal static class ModelOpener
{
    /// <exception cref="GridConfigurationException">Any model cannot be served; the message lists the faults of all.</exception>
    public static ImmutableArray<OpenedModel> OpenAll(GridOptions options)
    {
        List<OpenedModel> opened = [];
        List<string> faults = [];
        List<DeviceLoad> loads = [.. options.Devices.Select(device => new DeviceLoad(device, 0))];
        foreach (ModelOptions model in options.Models)
        {
            try
            {
                opened.Add(Open(model, options, loads));
                loads = [.. loads.Select(load => load with { Bytes = load.Bytes + BytesOn(load, opened[^1]) })];
            }
            catch (Exception fault) when (fault is CheckpointException or ArgumentException or GridConfigurationException)
            {
                faults.Add(fault is GridConfigurationException ? fault.Message : $"model '{model.Name}': {fault.Message}");
            }
        }
        if (faults.Count == 0)
            return [.. opened];
        opened.ForEach(model => model.Checkpoint.Dispose());
        throw new GridConfigurationException(faults);
    }

    private static OpenedModel Open(ModelOptions model, GridOptions options, IReadOnlyList<DeviceLoad> loads)
    {
        Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        try
        {
            PreprocessProfile profile = options.Profile(model.Preprocess, checkpoint.Preprocessing);
            EncoderCosts costs = EncoderCosts.Of(checkpoint, profile.Size);
            int batchSize = options.Batching.SizeFor(costs, options.Devices);
            ImmutableArray<AssignedSegment> segments = SegmentAssignment.Assign(new(model.Name, costs, model.Precision, model.Segments, batchSize), loads);
            return new(Describe(model, checkpoint, profile, segments) with { MaxBatchSize = batchSize }, checkpoint, segments);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static ModelInfo Describe(
        ModelOptions model, Checkpoint checkpoint, PreprocessProfile profile, ImmutableArray<AssignedSegment> segments) => new()
        {
            Name = model.Name,
            Directory = checkpoint.Directory,
            State = ModelState.Loading,
            Architecture = checkpoint.Architecture,
            InputSize = profile.Size,
            Profile = profile,
            Preprocessing = checkpoint.Preprocessing,
            Precision = model.Precision,
            Segments = [.. segments.Select(segment => new SegmentPlacement(segment.Blocks, segment.Device.Name))],
        };

    private static long BytesOn(DeviceLoad load, OpenedModel model) =>
        model.Segments.Where(segment => segment.Device == load.Device).Sum(segment => segment.Bytes);
}
