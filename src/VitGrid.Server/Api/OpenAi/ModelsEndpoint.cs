using VitGrid.Client;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.OpenAi.Requests;

namespace VitGrid.Server.Api.OpenAi;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>: OpenAI's list, with what an operator of vectors needs to know.</summary>
internal static class ModelsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(OpenAiPaths.Models, (GridGateway grid, ServerClock clock) =>
                TypedResults.Json(new ModelsResponse { Data = ModelDescriptions.All(grid, clock) }, AnswerJson.Client.ModelsResponse))
            .WithName("listModels").WithTags("Models").WithSummary("Lists the served models")
            .Produces<ModelsResponse>();
        routes.MapGet(OpenAiPaths.Models + "/{id}", (string id, GridGateway grid, ServerClock clock) =>
                TypedResults.Json(
                    ModelDescriptions.From(grid.Find(Uri.UnescapeDataString(id)), grid, clock), AnswerJson.Client.ModelDescription))
            .WithName("getModel").WithTags("Models").WithSummary("Describes one served model")
            .Produces<ModelDescription>();
    }
}
