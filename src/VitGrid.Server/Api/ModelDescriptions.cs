using VitGrid.Client;
using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;

namespace VitGrid.Server.Api;

/// <summary>Served models with what an operator of vectors needs to know.</summary>
internal static class ModelDescriptions
{
    /// <summary>Describes all models, in configured order.</summary>
    public static IReadOnlyList<ModelDescription> All(GridGateway grid, ServerClock clock) =>
        [.. grid.Models().Select(model => From(model, grid, clock))];

    /// <summary>Describes one model.</summary>
    public static ModelDescription From(ModelInfo model, GridGateway grid, ServerClock clock) => new()
    {
        Id = model.Name,
        Created = clock.Started.ToUnixTimeSeconds(),
        Description = BundledModel.Describe(model.Name),
        Revision = model.Fingerprint,
        State = Name(model.State),
        Failure = model.Failure,
        Dimensions = model.Dimensions,
        Modalities = [.. ModalitiesOf(model)],
        Text = model.TextTower is { Text: { } text } tower ? TextOf(tower, text) : null,
        Layers = model.Architecture.Depth,
        InputSize = [model.InputSize.Height, model.InputSize.Width],
        Tokens = model.Tokens,
        Poolings = [.. model.Architecture.Poolings.All().Select(pooling => pooling.Name())],
        DefaultPooling = model.Architecture.Poolings.Default.Name(),
        Preprocess = model.Profile.Name,
        Preprocessing = PreprocessingFacts.Describe(model.Preprocessing, model.Profile),
        Precision = Name(model.Precision),
        Arithmetic = model.Arithmetic,
        CacheFormat = grid.CacheFormat is { } format ? Name(format) : null,
        Segments = [.. model.Segments.Select(segment => new SegmentDescription(segment.Blocks.ToString(), segment.Device))],
    };

    private static IEnumerable<string> ModalitiesOf(ModelInfo model)
    {
        if (model.TakesImages)
            yield return "image";
        if (model.TextTower is not null)
            yield return "text";
    }

    private static TextDescription TextOf(ModelInfo tower, TextFacts text) => new(
        text.ContextLength, text.Tokenizer, text.Rule, text.Logits is { } logits ? Name(logits.Function) : null, Name(tower.State))
    {
        Failure = tower.Failure,
    };

    /// <summary>A value's name as answers have it.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
