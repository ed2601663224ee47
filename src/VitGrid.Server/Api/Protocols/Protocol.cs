using System.Diagnostics;
using Microsoft.AspNetCore.OpenApi;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Protocols;

/// <summary>
/// A protocol that clients speak over HTTP: its paths, its requests and answers, its errors and its timing headers. Everything else is
/// shared. Stateless; any thread may call.
/// </summary>
internal abstract class Protocol
{
    /// <summary>Its paths as <c>GET /</c> lists them, method first, e.g. <c>POST /v1/embeddings</c>.</summary>
    public abstract IReadOnlyList<string> Paths { get; }

    /// <summary>Maps its routes. All of them are timed, and refused in its shape.</summary>
    public abstract void Map(IEndpointRouteBuilder routes);

    /// <summary>Whether a path at which nothing is served lies in its part of the address space: the refusal has its shape.</summary>
    public abstract bool Owns(PathString path);

    /// <summary>Whether a request at whose path nothing is served is its own. Default: by the path.</summary>
    public virtual bool Owns(HttpRequest request) => Owns(request.Path);

    /// <summary>Writes an error's body; the status and <c>Retry-After</c> are set, and may be set anew.</summary>
    public abstract Task WriteErrorAsync(HttpContext context, ApiError error);

    /// <summary>Writes the headers that say where a request's time went.</summary>
    /// <param name="headers">The headers of the answer.</param>
    /// <param name="longest">Each stage the longest any image spent in it, since images run side by side.</param>
    public abstract void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest);

    /// <summary>Registers services of its own. Default: none.</summary>
    public virtual void AddServices(IServiceCollection services, ServerOptions options)
    {
    }

    /// <summary>Adds to <c>/openapi/v1.json</c> what the signatures of its routes do not say. Default: nothing.</summary>
    public virtual void Describe(OpenApiOptions document)
    {
    }
}

/// <summary>Adds protocols to a host.</summary>
internal static class ProtocolRegistration
{
    /// <summary>The name of the OpenAPI document, as it stands in its path.</summary>
    public const string Document = "v1";

    /// <summary>Registers a protocol and its services. What two protocols own is the earlier one's.</summary>
    public static IServiceCollection AddProtocol(this IServiceCollection services, Protocol protocol, ServerOptions options)
    {
        protocol.AddServices(services, options);
        return services.AddSingleton(protocol).Configure<OpenApiOptions>(Document, protocol.Describe);
    }

    /// <summary>Maps the routes of all protocols, each marked as its protocol's.</summary>
    public static void MapProtocols(this IEndpointRouteBuilder routes)
    {
        foreach (Protocol protocol in routes.ServiceProvider.GetRequiredService<ProtocolSet>().All)
            protocol.Map(routes.MapGroup("").WithMetadata(protocol));
    }
}

/// <summary>The protocols that are served, in the order of their registration.</summary>
internal sealed class ProtocolSet(IEnumerable<Protocol> protocols)
{
    /// <summary>At least one; the first speaks for what belongs to none, such as <c>/health/live</c>.</summary>
    public IReadOnlyList<Protocol> All { get; } = [.. protocols];

    /// <summary>The protocol whose shape an answer has: its route's, else the first whose own it is, else the first of all.</summary>
    public Protocol From(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Protocol>()
        ?? All.FirstOrDefault(protocol => protocol.Owns(context.Request))
        ?? All[0];
}

/// <summary>Metadata of a route: which names it reads in a query. A route without it reads none.</summary>
/// <param name="Read">The names.</param>
internal sealed record QueryNames(params IReadOnlyList<string> Read)
{
    /// <summary>The route itself judges every name of its query.</summary>
    public static QueryNames JudgedByRoute { get; } = new() { IsJudgedByRoute = true };

    /// <summary>Whether the route itself judges every name of its query, so that nobody else does.</summary>
    public bool IsJudgedByRoute { get; private init; }
}

/// <summary>Tells with a hint which names in a query its route does not read, as <see cref="QueryNames"/> says.</summary>
internal sealed class UnreadQueries(RequestDelegate next)
{
    /// <summary>Sent by Azure's clients on their own.</summary>
    private const string Version = "api-version";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Query.Count > 0 && context.GetEndpoint() is RouteEndpoint route
            && route.Metadata.GetMetadata<QueryNames>() is var known && known?.IsJudgedByRoute != true)
        {
            RequestNotes notes = new();
            foreach (string name in context.Request.Query.Keys.Except([Version, .. known?.Read ?? []]))
                notes.Unread(name);
            AnswerHeaders.WriteHints(context.Response.Headers, [.. notes.Hints()]);
        }
        return next(context);
    }
}

/// <summary>Times every request to a protocol's routes; probes, scrapes and paths that are not served say nothing of the load.</summary>
internal sealed class RequestTimes(RequestDelegate next, RequestMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } route } endpoint
            || endpoint.Metadata.GetMetadata<Protocol>() is null)
        {
            await next(context);
            return;
        }
        long began = Stopwatch.GetTimestamp();
        await next(context);
        ApiError? error = context.Features.Get<ApiError>();
        // A protocol may tell its errors otherwise than by the status of HTTP.
        int status = error is null || context.Response.StatusCode >= StatusCodes.Status400BadRequest
            ? context.Response.StatusCode : ErrorTable.Row(error.Code).Status;
        metrics.Answered(
            route, context.Features.Get<ModelInfo>()?.Name ?? "", status, error, Stopwatch.GetElapsedTime(began));
    }
}
