using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Page.Circuits;
using VitGrid.Page.Layout;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Pages;

/// <summary>
/// The page's endpoints: its documents, what they load, the line of their circuits, and the session that keeps a key. None is open where
/// keys are on.
/// </summary>
internal static class PageRoutes
{
    private const string Hub = "/_blazor";

    /// <summary>Maps them, unless the page is off.</summary>
    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        ServerOptions options = routes.ServiceProvider.GetRequiredService<ServerOptions>();
        if (!options.ShowsPage())
            return;
        foreach (PageKind kind in PageDocuments.KindsOf(options))
        {
            routes.MapGet(kind.Path, context => PageDocuments.ShowAsync(context, kind)).ExcludeFromDescription()
                .ForPage().RequireScope(PageDocuments.ScopeOf(kind));
        }
        routes.MapGet("/page/assets/{**name}", Load).ExcludeFromDescription().ForPage().RequireKey();
        routes.MapGet("/_framework/{name}", Load).ExcludeFromDescription().ForPage().RequireKey();
        routes.MapPost("/page/session", Begin).ExcludeFromDescription().RequireKey();
        routes.MapDelete("/page/session", End).ExcludeFromDescription().ForPage().RequireKey();
        ModelRoutes.Map(routes);
        if (PageDocuments.KindsOf(options).Contains(PageKind.Jobs))
            JobRoutes.Map(routes);
        routes.MapPost("/page/drain/{node}", DrainAsync).ExcludeFromDescription().RequireScope(Scopes.Admin).Audited("cluster drain");
        routes.MapBlazorHub(Hub, connection => connection.Transports = HttpTransportType.WebSockets)
            .ForPage().RequireKey()
            .Add(endpoint =>
            {
                if (endpoint.RequestDelegate is { } connect)
                    endpoint.RequestDelegate = context => ConnectAsync(context, connect);
            });
    }

    /// <summary>
    /// Marks an endpoint as the page's: a browser's session opens it, and a browser without one is shown where to type a key.
    /// </summary>
    public static T ForPage<T>(this T route)
        where T : IEndpointConventionBuilder => route
            .WithMetadata(new TakesPageSession(), new ErrorPage(PageDocuments.ShowErrorAsync));

    private static IResult Load(HttpContext context, string name)
    {
        if (PageAssets.Find(name) is not { } asset)
            return TypedResults.NotFound();
        if (context.Request.Query["v"] == asset.Tag)
            context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Bytes(asset.Bytes, asset.ContentType, entityTag: new($"\"{asset.Tag}\""));
    }

    private static NoContent Begin(HttpContext context, PageSessions sessions)
    {
        // Where keys are off there is nothing to keep.
        if (context.Caller() != Caller.Anonymous && Credential.From(context.Request.Headers).Text is { } key)
            sessions.Begin(context, key);
        return TypedResults.NoContent();
    }

    private static NoContent End(HttpContext context, PageSessions sessions)
    {
        sessions.End(context);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DrainAsync(HttpContext context, string node)
    {
        if (context.RequestServices.GetService<GridView>() is not { } view)
            throw new ApiException(ApiCode.InvalidRequest, "this process is no part of a grid; there is nothing to drain");
        try
        {
            if (await view.DrainAsync(node, context.RequestAborted))
                return TypedResults.Accepted((string?)null);
        }
        catch (GridConfigurationException exception)
        {
            throw new ApiException(ApiCode.InvalidRequest, exception.Message);
        }
        throw new ApiException(ApiCode.NotFound,
            $"the grid has no worker '{Quote.Short(node)}'; it has {string.Join(", ", view.Status().Nodes.Select(worker => worker.Node))}");
    }

    /// <summary>
    /// A browser names the origin of whoever opens a WebSocket, always; what names none is no page of this server. A foreign one was
    /// refused before.
    /// </summary>
    private static Task ConnectAsync(HttpContext context, RequestDelegate connect)
    {
        bool isQuestion = context.Request.Path.StartsWithSegments($"{Hub}/initializers", StringComparison.OrdinalIgnoreCase);
        if (!isQuestion && context.Request.Headers.Origin.Count == 0)
            throw new ApiException(ApiCode.OriginNotAllowed,
                $"the request to '{Hub}' has no Origin; it is the line of the server's own page, which a browser opens: GET / shows it");
        CircuitCount circuits = context.RequestServices.GetRequiredService<CircuitCount>();
        // A line begins with a question for its name, or, where a program does not ask for one, without.
        bool isNew = context.Request.Path.StartsWithSegments($"{Hub}/negotiate") || !context.Request.Query.ContainsKey("id");
        if (!isQuestion && circuits.IsFull && isNew)
            throw new ApiException(new ApiError(ApiCode.Overloaded, circuits.Refusal, RetryAfterSeconds: 10));
        context.User = PageDocuments.CallerOf(context).ToUser();
        return connect(context);
    }
}
