using Microsoft.AspNetCore.OpenApi;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Protocols;

/// <summary>Adds protocols to a host.</summary>
internal static class ProtocolRegistration
{
    /// <summary>The name of the OpenAPI document, as it stands in its path.</summary>
    public const string Document = "v1";

    /// <summary>Registers a protocol and its services. What two protocols own is the earlier one's.</summary>
    public static IServiceCollection AddProtocol(this IServiceCollection services, Protocol protocol, ServerOptions options)
    {
        protocol.AddServices(services, options);
        return services.AddSingleton(protocol).Configure<OpenApiOptions>(Document, protocol.Describe);
    }

    /// <summary>Maps the routes of all protocols, each marked as its protocol's.</summary>
    public static void MapProtocols(this IEndpointRouteBuilder routes)
    {
        foreach (Protocol protocol in routes.ServiceProvider.GetRequiredService<ProtocolSet>().All)
            protocol.Map(routes.MapGroup("").WithMetadata(protocol));
    }
}
