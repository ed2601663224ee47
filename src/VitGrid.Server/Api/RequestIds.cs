using System.Diagnostics;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api;

/// <summary>
/// Gives every request an id, and every answer the header that says it: the client's own where it is usable, else the trace id of its
/// traceparent, else one of ours.
/// </summary>
internal sealed class RequestIds(RequestDelegate next, DrainGate gate)
{
    public const string Header = "x-request-id";

    private const string TraceParent = "traceparent";

    public Task InvokeAsync(HttpContext context)
    {
        context.TraceIdentifier = IdFrom(context.Request.Headers);
        if (Activity.Current is { Recorded: true } span)
            span.SetTag(GridTraces.RequestTag, context.TraceIdentifier);
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = context.TraceIdentifier;
            // A client that keeps its connection would meet a closed one after the drain; told now, it leaves by itself.
            if (gate.IsDraining)
                context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        return next(context);
    }

    /// <summary>The id of a request with these headers.</summary>
    private static string IdFrom(IHeaderDictionary headers)
    {
        string? given = headers[Header];
        if (RequestLabel.IsUsable(given))
            return given!;
        return ActivityContext.TryParse(headers[TraceParent], null, out ActivityContext trace)
            ? trace.TraceId.ToHexString()
            : $"req-{Guid.NewGuid():N}";
    }
}
