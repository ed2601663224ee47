using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Images;
using VitGrid.Text;
using VitGrid.Text.Reading;

namespace VitGrid.Cluster.Segments;

/// <summary>A model whose files were checked; no weight was read.</summary>
internal sealed record OpenedModel(string Name, Checkpoint Checkpoint, ModelFacts Facts)
{
    /// <summary>The model as seen from outside while nothing of it is loaded.</summary>
    public ModelInfo Info => ModelInfo.From(Name, Facts, ModelState.Loading);

    /// <summary>What cuts texts into its tokens; null: it is an image tower, or there is none.</summary>
    public ITextTokenizer? Tokenizer { get; init; }

    /// <summary>What it was opened with; null where there is none.</summary>
    public TokenizerOptions? TokenizerOptions { get; init; }
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
                opened.AddRange(Open(model, options));
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

    /// <summary>A checkpoint's towers, each a model of its own; the first closes the files.</summary>
    private static OpenedModel[] Open(ModelOptions model, GridOptions options)
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
            OpenedModel main = new(model.Name, checkpoint, Describe(model, checkpoint, profile, options));
            return checkpoint.TextTower switch
            {
                null => [main],
                { } tower when tower == checkpoint => [OpenTexts(main, model)],
                { } tower => [main, OpenTexts(
                    new(TextTowerName.Of(model.Name), tower, Describe(model, tower, options.Profile(null, tower.Preprocessing), options)),
                    model)],
            };
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds what cuts texts to a text tower. Without a tokenizer it takes ids alone: a checkpoint of random weights has none.
    /// </summary>
    private static OpenedModel OpenTexts(OpenedModel tower, ModelOptions model)
    {
        EncoderArchitecture shape = tower.Checkpoint.Architecture;
        TextFacts facts = new()
        {
            ContextLength = shape.ContextLength,
            VocabularySize = shape.VocabularySize,
            PadsToContext = !shape.CarriesPooledRow,
            Logits = tower.Checkpoint.Logits,
        };
        try
        {
            TokenizerOptions asked = new()
            {
                // A padded text has as many tokens as there are positions; another one may be held shorter by its class.
                ContextLength = facts.PadsToContext ? shape.ContextLength : null,
                LowerCase = model.LowerCase,
                OpenClip = tower.Checkpoint.IsOpenClip,
            };
            ITextTokenizer tokenizer = TokenizerReader.Open(tower.Checkpoint.Directory, asked);
            facts = facts with { PadId = tokenizer.PadId, Tokenizer = tokenizer.Family, Rule = tokenizer.Rule };
            return tower with { Facts = tower.Facts with { Text = facts }, Tokenizer = tokenizer, TokenizerOptions = asked };
        }
        catch (TokenizerException exception)
        {
            return tower with { Facts = tower.Facts with { Text = facts with { TokenizerFault = exception.Message } } };
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
            Segments = Math.Min(model.Segments, checkpoint.Architecture.Depth),
            Replicas = model.Replicas,
            TextFault = checkpoint.TextFault,
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
