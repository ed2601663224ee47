using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>What a model takes and gives, whether it is ready, and its configuration; with a version or without.</summary>
internal static class ModelEndpoints
{
    /// <param name="routes">Where to map.</param>
    /// <param name="path">The model's path.</param>
    /// <param name="isNamed">Whether these are the routes that the API's document names.</param>
    public static void Map(IEndpointRouteBuilder routes, string path, bool isNamed)
    {
        Described(routes.MapGet(path, (HttpContext context, GridGateway grid) =>
                TypedResults.Json(ModelAnswer.From(Find(context, grid)), KServeAnswers.Json.ModelAnswer))
            .RequireKey().Produces<ModelAnswer>(), isNamed, "kserveModel", "Tells which tensors a model takes and gives");
        Described(routes.MapGet(path + "/ready", (HttpContext context, GridGateway grid, DrainGate gate) =>
                Ready(Find(context, grid), gate))
            .RequireKey().Produces<ReadyAnswer>().Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable),
            isNamed, "kserveModelReady", "200 when the model answers, else 503");
        Described(routes.MapGet(path + "/config", (HttpContext context, GridGateway grid, HttpOptions limits) =>
                TypedResults.Json(ConfigAnswer.From(Find(context, grid), limits.MaxInputs), KServeAnswers.Json.ConfigAnswer))
            .RequireKey().Produces<ConfigAnswer>(), isNamed, "kserveModelConfig", "Tells a model's configuration, as Triton does");
    }

    /// <summary>Puts a route into the document under a name, or keeps it out of it: other forms of the same path are not told.</summary>
    public static RouteHandlerBuilder Described(RouteHandlerBuilder route, bool isNamed, string name, string summary) => isNamed
        ? route.WithName(name).WithTags("KServe").WithSummary(summary)
        : route.ExcludeFromDescription();

    private static JsonHttpResult<ReadyAnswer> Ready(ModelInfo model, DrainGate gate) =>
        ServerEndpoint.Ready(!gate.IsDraining && model.State == ModelState.Ready, model.Name);

    private static ModelInfo Find(HttpContext context, GridGateway grid) => ServedModel.Find(
        grid, context.Caller(), ModelInPath.Name(context.Request), ModelInPath.VersionOf(context.Request));
}
