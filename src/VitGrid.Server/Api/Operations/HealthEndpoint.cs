using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.Operations;

/// <summary>The answer of both health paths.</summary>
/// <param name="Status"><c>live</c>; or <c>ready</c>, <c>loading</c>, <c>draining</c>, <c>failed</c>.</param>
/// <param name="Models">Each served model; null for liveness.</param>
/// <param name="WaitsFor">What is missing, one thing an entry; null when nothing is. A front end is ready when one of its models
/// answers.</param>
internal sealed record HealthResponse(string Status, IReadOnlyList<ModelHealth>? Models = null, IReadOnlyList<string>? WaitsFor = null);

/// <summary>One model's part of readiness.</summary>
internal sealed record ModelHealth(string Id, string State, string? Failure);

/// <summary>
/// <c>GET /health/live</c> (the process answers) and <c>/health/ready</c> (it may be given work: requests for a front end, segments for a
/// worker, and no drain has begun).
/// </summary>
internal static class HealthEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Json(new HealthResponse("live"), OperationsJson.Readable.HealthResponse))
            .AllowWithoutKey()
            .WithName("live").WithTags("Operations").WithSummary("200 as long as the process lives")
            .Produces<HealthResponse>();
        routes.MapGet("/health/ready", (HttpContext context, GridGateway grid, DrainGate gate) => Ready(
                grid.Models(), grid.Readiness(), gate.IsDraining, context.Caller().Has(Scopes.Metrics)))
            .AllowWithoutKey()
            .WithName("ready").WithTags("Operations").WithSummary(
                "200 when this process may be given work, else 503 with what it waits for")
            .Produces<HealthResponse>().Produces<HealthResponse>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Without the scope <c>metrics</c> only whether it is ready is told, where keys are on.</summary>
    private static JsonHttpResult<HealthResponse> Ready(
        IReadOnlyList<ModelInfo> models, GridReadiness readiness, bool draining, bool tellsAll)
    {
        string status = draining ? "draining" : StatusOf(readiness);
        HealthResponse health = tellsAll
            ? new(status, [.. models.Select(model => new ModelHealth(model.Name, ModelDescriptions.Name(model.State), model.Failure))],
                readiness.WaitsFor.Count == 0 ? null : readiness.WaitsFor)
            : new(status == "ready" ? status : "not_ready");
        return TypedResults.Json(health, OperationsJson.Readable.HealthResponse,
            statusCode: status == "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static string StatusOf(GridReadiness readiness)
    {
        if (readiness.Failed)
            return "failed";
        return readiness.IsReady ? "ready" : "loading";
    }
}
