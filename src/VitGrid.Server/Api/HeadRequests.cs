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
