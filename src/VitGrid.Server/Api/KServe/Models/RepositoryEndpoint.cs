using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>
/// The repository: its models are those that the server was started with, so that loading one is a question whether it is loaded, and
/// unloading is refused.
/// </summary>
internal static class RepositoryEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(KServePaths.Repository + "/index", (HttpContext context, GridGateway grid) =>
                TypedResults.Json(Index(grid, context.Caller()), KServeAnswers.Json.IReadOnlyListIndexRow))
            .RequireKey()
            .WithName("kserveRepositoryIndex").WithTags("KServe").WithSummary("Lists the models with their states")
            .Produces<IReadOnlyList<IndexRow>>();
        routes.MapPost(KServePaths.Repository + "/models/{model}/load", (HttpContext context, GridGateway grid) =>
                Done(() => Load(grid, context.Caller(), ModelInPath.Name(context.Request))))
            .RequireScope(Scopes.Admin).Audited("models load")
            .WithName("kserveLoad").WithTags("KServe").WithSummary("200 when the model is loaded, else why it is not")
            .Produces<DoneAnswer>();
        routes.MapPost(KServePaths.Repository + "/models/{model}/unload", (HttpContext context, GridGateway grid) =>
                Done(() => Unload(grid, context.Caller(), ModelInPath.Name(context.Request))))
            .RequireScope(Scopes.Admin).Audited("models unload")
            .WithName("kserveUnload").WithTags("KServe").WithSummary("Refused: models are those that the server was started with")
            .Produces<DoneAnswer>();
    }

    private static JsonHttpResult<DoneAnswer> Done(Action act)
    {
        act();
        return TypedResults.Json(new DoneAnswer(), KServeAnswers.Json.DoneAnswer);
    }

    /// <summary>The models that the caller may use.</summary>
    public static IReadOnlyList<IndexRow> Index(GridGateway grid, Caller caller) =>
        [.. grid.Models().Where(model => caller.MayUse(model.Name)).Select(IndexRow.From)];

    /// <summary>Checks that a model is loaded.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public static void Load(GridGateway grid, Caller caller, string name)
    {
        ModelInfo model = ServedModel.Find(grid, caller, name, null);
        if (model.State == ModelState.Ready)
            return;
        bool isLoading = model.State == ModelState.Loading;
        throw new ApiException(isLoading ? ApiCode.ModelLoading : ApiCode.ModelFailed,
            $"model '{model.Name}' is {ModelDescriptions.Name(model.State)}{(model.Failure is { } failure ? $": {failure}" : "")}; models "
                + (isLoading ? "are loaded at start: try again in a few seconds" : "are loaded at start: fix it and restart the server"));
    }

    /// <summary>Refuses: the models of a process are those that it was started with.</summary>
    /// <exception cref="ApiException">Always.</exception>
    public static void Unload(GridGateway grid, Caller caller, string name)
    {
        ModelInfo model = ServedModel.Find(grid, caller, name, null);
        throw new ApiException(ApiCode.Conflict,
            $"model '{model.Name}' is not unloaded while the server runs: it serves the models that it was started with; start it without "
                + "this one");
    }
}
