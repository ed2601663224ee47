using System.Reflection;
using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary><c>GET /v2</c>, <c>/v2/health/live</c> and <c>/v2/health/ready</c>.</summary>
internal static class ServerEndpoint
{
    /// <summary>What is served beyond the protocol's core, by Triton's names.</summary>
    private static readonly string[] Extensions = ["binary_tensor_data", "model_configuration", "model_repository"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(KServePaths.Root, () => TypedResults.Json(Describe(), KServeAnswers.Json.ServerAnswer))
            .RequireKey()
            .WithName("kserveServer").WithTags("KServe").WithSummary("Names the server and what it serves of the protocol")
            .Produces<ServerAnswer>();
        routes.MapGet(KServePaths.Health + "/live", () => TypedResults.Json(new LiveAnswer(true), KServeAnswers.Json.LiveAnswer))
            .AllowWithoutKey()
            .WithName("kserveLive").WithTags("KServe").WithSummary("200 as long as the process lives")
            .Produces<LiveAnswer>();
        routes.MapGet(KServePaths.Health + "/ready", (GridGateway grid, DrainGate gate) => Ready(IsReady(grid, gate)))
            .AllowWithoutKey()
            .WithName("kserveReady").WithTags("KServe").WithSummary("200 when this process may be given work, else 503")
            .Produces<ReadyAnswer>().Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The server as it names itself.</summary>
    public static ServerAnswer Describe() => new(
        "vitgrid",
        (typeof(ServerEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "")
            .Split('+')[0],
        Extensions);

    /// <summary>Whether the process may be given work.</summary>
    public static bool IsReady(GridGateway grid, DrainGate gate) => !gate.IsDraining && grid.Readiness().IsReady;

    /// <summary>The answer to who asks whether something is ready.</summary>
    public static JsonHttpResult<ReadyAnswer> Ready(bool isReady, string? model = null) => TypedResults.Json(
        new ReadyAnswer(isReady) { Name = model }, KServeAnswers.Json.ReadyAnswer,
        statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
