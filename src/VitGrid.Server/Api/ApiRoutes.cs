using VitGrid.Server.Api.Batches;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api;

/// <summary>The table of contents of the HTTP door.</summary>
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
            EmbeddingsEndpoint.Map(app);
            ModelsEndpoint.Map(app);
            FilesEndpoint.Map(app);
            BatchesEndpoint.Map(app);
            app.MapOpenApi("/openapi/{documentName}.json");
        }
        HealthEndpoint.Map(app);
        InfoEndpoint.Map(app);
        app.MapVitGridMetrics();
        return app;
    }
}
