using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api;

/// <summary>The table of contents of the HTTP door.</summary>
internal static class ApiRoutes
{
    public static WebApplication UseVitGridApi(this WebApplication app)
    {
        app.UseMiddleware<RequestIds>();
        app.UseMiddleware<ErrorMiddleware>();
        EmbeddingsEndpoint.Map(app);
        ModelsEndpoint.Map(app);
        HealthEndpoint.Map(app);
        InfoEndpoint.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }
}
