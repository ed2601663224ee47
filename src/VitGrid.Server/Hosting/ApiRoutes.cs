using VitGrid.Server.Api;
using VitGrid.Server.Api.Operations;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>The table of contents of the HTTP front end.</summary>
internal static class ApiRoutes
{
    public static WebApplication UseVitGridApi(this WebApplication app, GridRole role = GridRole.All)
    {
        app.UseMiddleware<RequestIds>();
        app.UseRoutingWithHead();
        app.UseMiddleware<RequestTimes>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseMiddleware<UnreadQueries>();
        // A worker's images come over the data plane.
        if (role != GridRole.Worker)
        {
            app.MapProtocols();
            app.MapOpenApi("/openapi/{documentName}.json");
        }
        HealthEndpoint.Map(app);
        InfoEndpoint.Map(app);
        app.MapVitGridMetrics();
        return app;
    }
}
