using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Images;

namespace VitGrid.Cluster.Segments;

/// <summary>A model whose files were checked; no weight was read.</summary>
internal sealed record OpenedModel(string Name, Checkpoint Checkpoint, ModelFacts Facts)
{
    /// <summary>The model as seen from outside while nothing of it is loaded.</summary>
    public ModelInfo Info => ModelInfo.From(Name, Facts, ModelState.Loading);
}

/// <summary>Opens every configured checkpoint before the grid starts, so that a bad one never reaches a device.</summary>
internal static class ModelOpener
{
    /// <exception cref="GridConfigurationException">Any model cannot be served; the message lists the faults of all.</exception>
    public static ImmutableArray<OpenedModel> OpenAll(GridOptions options, IReadOnlyList<DeviceRow> devices)
    {
        List<OpenedModel> opened = [];
        List<string> faults = [];
        foreach (ModelOptions model in options.Models)
        {
            try
            {
                opened.Add(Open(model, options));
            }
            catch (Exception exception) when (exception is CheckpointException or ArgumentException or GridConfigurationException)
            {
                faults.Add(exception is GridConfigurationException ? exception.Message : $"model '{model.Name}': {exception.Message}");
            }
        }
        // In a cluster other workers' devices may hold what these do not; the planner says so if none does.
        if (faults.Count == 0 && !options.Cluster.IsClustered)
            faults.AddRange(Shortages(opened, devices));
        if (faults.Count == 0)
            return [.. opened];
        opened.ForEach(model => model.Checkpoint.Dispose());
        throw new GridConfigurationException(faults);
    }

    private static OpenedModel Open(ModelOptions model, GridOptions options)
    {
        Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        try
        {
            PreprocessProfile profile = options.Profile(model.Preprocess, checkpoint.Preprocessing);
            EncoderCosts costs = checkpoint.Costs(profile.Size);
            if (model.Segments > costs.Depth)
                throw new GridConfigurationException(
                    [$"model '{model.Name}' has {costs.Depth} blocks and cannot be cut into {model.Segments} segments; ask for 1 to "
                        + $"{costs.Depth}, or 0 for the fewest that fit"]);
            return new(model.Name, checkpoint, Describe(model, checkpoint, profile, options));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static ModelFacts Describe(ModelOptions model, Checkpoint checkpoint, PreprocessProfile profile, GridOptions options)
    {
        // Every device of a process computes a model in the same arithmetic: GridOptions.Faults.
        DeviceSpec device = options.Devices[0];
        Arithmetic arithmetic = device.Backend.FindArithmetic(model.Precision)
            ?? throw new GridConfigurationException([$"model '{model.Name}' cannot be computed in {model.Precision} on {device.Name}"]);
        VisualTokens? visual = checkpoint.Projector is { } projector
            ? VisualTokens.From(projector, checkpoint.Architecture, profile.Size) : null;
        return new()
        {
            Directory = checkpoint.Directory,
            Architecture = checkpoint.Architecture,
            QueryBias = checkpoint.Weights.Blocks[0].Query.Bias is not null,
            Costs = checkpoint.Costs(profile.Size),
            Profile = profile,
            Preprocessing = checkpoint.Preprocessing,
            Precision = model.Precision,
            Arithmetic = arithmetic.Name,
            Compute = arithmetic.Compute,
            MaxBatchSize = options.Batching.SizeFor(checkpoint.Costs(profile.Size), options.Devices),
            Segments = model.Segments,
            Replicas = model.Replicas,
            VisualTokens = visual,
            VisualTokensFault = visual is null && checkpoint.Projector is not null
                ? $"its images of {profile.Size} are no whole number of squares of patches" : checkpoint.ProjectorFault,
        };
    }

    private static IEnumerable<string> Shortages(IEnumerable<OpenedModel> models, IReadOnlyList<DeviceRow> devices)
    {
        GridModel[] wanted = [.. models.Select(model => model.Facts.ToPlan(model.Name))];
        GridDevice[] here = [.. devices.Select(
            device => new GridDevice { Node = "", Machine = "", Name = device.Name, MemoryBytes = device.MemoryBytes,
                Speed = device.Speed })];
        return ClusterPlanner.Plan(wanted, here, null).Shortages.Select(shortage => shortage.Message);
    }
}
