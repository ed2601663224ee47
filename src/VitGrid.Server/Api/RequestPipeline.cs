using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api;

/// <summary>
/// Lets <c>HEAD</c> reach what is mapped for <c>GET</c>, on every route: probes and link checkers ask that way. Kestrel sends the head of
/// the answer alone.
/// </summary>
internal static class HeadRequests
{
    private static readonly object Mark = new();

    /// <summary>
    /// Adds routing between a step that shows it <c>GET</c>, and one that shows everything after it what the client sent.
    /// </summary>
    public static WebApplication UseRoutingWithHead(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (HttpMethods.IsHead(context.Request.Method))
            {
                context.Request.Method = HttpMethods.Get;
                context.Items[Mark] = Mark;
            }
            return next(context);
        });
        app.UseRouting();
        app.Use((context, next) =>
        {
            if (context.Items.Remove(Mark))
                context.Request.Method = HttpMethods.Head;
            return next(context);
        });
        return app;
    }
}

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
            // What a client sent may stand in a message: no browser shall take it for a page.
            context.Response.Headers.XContentTypeOptions = "nosniff";
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

/// <summary>What the front end counts and times of its requests. Any thread may call.</summary>
internal sealed class RequestMetrics
{
    private readonly GridMetrics _grid;
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _rejected;

    public RequestMetrics(GridMetrics grid)
    {
        _grid = grid;
        _requests = grid.Meter.CreateHistogram(
            "vitgrid.request.duration", "s", "Time from a request's head to its answer", advice: GridMetrics.Seconds);
        _rejected = grid.Meter.CreateCounter<long>(
            "vitgrid.rejected", "{refusal}", "Refusals by error code: a request, or an image of one that is answered in part");
    }

    /// <summary>A request was answered.</summary>
    /// <param name="endpoint">Its route, not its path.</param>
    /// <param name="model">The model it named; empty when none was found.</param>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="error">What it was refused for; null otherwise.</param>
    /// <param name="took">Since it came.</param>
    public void Answered(string endpoint, string model, int status, ApiError? error, TimeSpan took)
    {
        _requests.Record(took.TotalSeconds,
            new("endpoint", endpoint), new("model", model), new("code", status.ToString(CultureInfo.InvariantCulture)));
        Refused(error);
    }

    /// <summary>An image was fetched from its URL.</summary>
    public void Fetched(string model, TimeSpan took) => _grid.Stage(model, "fetch", took);

    /// <summary>Images were answered, and <paramref name="took"/> was needed to write their vectors.</summary>
    public void Written(string model, TimeSpan took) => _grid.Stage(model, "encode", took);

    /// <summary>A request was refused, or one image of it; null: it was not. A defect of ours is no refusal.</summary>
    public void Refused(ApiError? error)
    {
        if (error is not null && error.Code != ApiCode.InternalError)
            _rejected.Add(1, new KeyValuePair<string, object?>("reason", error.Code));
    }
}
