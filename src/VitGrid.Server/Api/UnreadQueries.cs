using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api;

/// <summary>Tells with a hint which names in a query no route reads; what posts a body reads its query itself.</summary>
internal sealed class UnreadQueries(RequestDelegate next)
{
    /// <summary>Sent by Azure's clients on their own.</summary>
    private const string Version = "api-version";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Query.Count > 0 && !HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint() is RouteEndpoint route)
        {
            RequestNotes notes = new();
            foreach (string name in context.Request.Query.Keys.Except([Version, .. ReadBy(route.RoutePattern.RawText)]))
                notes.Unread(name);
            EmbeddingsAnswer.WriteHints(context.Response.Headers, [.. notes.Hints()]);
        }
        return next(context);
    }

    private static string[] ReadBy(string? route) => route switch
    {
        "/v1/files" => ["purpose", "after", "limit"],
        "/v1/batches" => ["after", "limit"],
        _ => [],
    };
}
