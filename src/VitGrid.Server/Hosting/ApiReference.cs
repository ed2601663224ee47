using Scalar.AspNetCore;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary><c>GET /docs</c>: the API's document as a page, which asks no other server for anything.</summary>
internal static class ApiReference
{
    private const string Path = "/docs";

    /// <summary>
    /// What its page may load and ask: this server alone. Scripts and styles of the page stand in the page itself and in a file beside it.
    /// </summary>
    private const string Policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
        + "base-uri 'self'; form-action 'self'";

    /// <summary>Maps the page, unless <c>Http:Docs</c> says no.</summary>
    public static void MapApiReference(this IEndpointRouteBuilder routes)
    {
        if (!routes.ServiceProvider.GetRequiredService<ServerOptions>().Http.Docs)
            return;
        routes.MapScalarApiReference(Path, page => page
                .WithTitle("VitGrid")
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideClientButton()
                .HideDeveloperTools())
            .RequireKey()
            .Add(endpoint =>
            {
                if (endpoint.RequestDelegate is { } show)
                    endpoint.RequestDelegate = context => ShowAsync(context, show);
            });
    }

    private static Task ShowAsync(HttpContext context, RequestDelegate show)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return show(context);
    }
}
