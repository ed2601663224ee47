using VitGrid.Client;
using VitGrid.Engine.Models;
using VitGrid.Server.Hosting;

namespace VitGrid.Server.Api;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>: OpenAI's list, with what an operator of vectors needs to know.</summary>
internal static class ModelsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", (GridDoor grid, ServerClock clock) =>
                TypedResults.Json(new ModelsResponse { Data = All(grid, clock) }, AnswerJson.Client.ModelsResponse))
            .WithName("listModels").WithTags("Models").WithSummary("Lists the served models")
            .Produces<ModelsResponse>();
        routes.MapGet("/v1/models/{id}", (string id, GridDoor grid, ServerClock clock) =>
                TypedResults.Json(Describe(grid.Find(Uri.UnescapeDataString(id)), grid, clock), AnswerJson.Client.ModelDescription))
            .WithName("getModel").WithTags("Models").WithSummary("Describes one served model")
            .Produces<ModelDescription>();
    }

    public static IReadOnlyList<ModelDescription> All(GridDoor grid, ServerClock clock) =>
        [.. grid.Models().Select(model => Describe(model, grid, clock))];

    private static ModelDescription Describe(ModelInfo model, GridDoor grid, ServerClock clock) => new()
    {
        Id = model.Name,
        Created = clock.Started.ToUnixTimeSeconds(),
        Description = BundledModel.Describe(model.Name),
        Revision = model.Fingerprint,
        State = Name(model.State),
        Failure = model.Failure,
        Dimensions = model.Dimensions,
        Layers = model.Architecture.Depth,
        InputSize = [model.InputSize.Height, model.InputSize.Width],
        Tokens = model.Tokens,
        Poolings = ["cls", "mean", "cls+mean"],
        Preprocess = model.Profile.Name,
        Preprocessing = PreprocessingFacts.Describe(model.Preprocessing, model.Profile),
        Precision = Name(model.Precision),
        CacheFormat = grid.CacheFormat is { } format ? Name(format) : null,
        Segments = [.. model.Segments.Select(segment => new SegmentDescription(segment.Blocks.ToString(), segment.Device))],
    };

    internal static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
