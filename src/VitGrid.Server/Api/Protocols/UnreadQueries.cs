using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Protocols;

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
