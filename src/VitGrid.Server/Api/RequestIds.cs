using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api;

/// <summary>Gives every request an id, taken over from the client when it is usable, and every answer the header that says it.</summary>
internal sealed class RequestIds(RequestDelegate next, DrainGate gate)
{
    public const string Header = "x-request-id";

    private const int Longest = 128;

    public Task InvokeAsync(HttpContext context)
    {
        string? given = context.Request.Headers[Header];
        context.TraceIdentifier = IsUsable(given) ? given! : $"req-{Guid.NewGuid():N}";
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

    /// <summary>1–128 visible ASCII characters: safe in a header and in a log line.</summary>
    internal static bool IsUsable(string? id) =>
        id is { Length: > 0 and <= Longest } && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;
}
