using System.Diagnostics;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Protocols;

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
        metrics.Answered(
            route, context.Features.Get<ModelInfo>()?.Name
                ?? "", context.Response.StatusCode, context.Features.Get<ApiError>(), Stopwatch.GetElapsedTime(began));
    }
}
