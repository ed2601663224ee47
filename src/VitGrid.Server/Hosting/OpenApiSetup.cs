using Microsoft.AspNetCore.OpenApi;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Hosting;

/// <summary>The document <c>/openapi/v1.json</c>: what the routes say, and beside it what the protocols say of theirs.</summary>
internal static class OpenApiSetup
{
    public static IServiceCollection AddVitGridOpenApi(this IServiceCollection services) =>
        services.AddOpenApi(ProtocolRegistration.Document, AddInfo);

    private static void AddInfo(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new()
        {
            Title = "VitGrid",
            Version = "v1",
            Description = "InternViT image embeddings in OpenAI's shape. Fields that are not named here are told in x-vitgrid-hint. "
                + "Answers carry x-request-id; embeddings also Server-Timing and x-vitgrid-cache. HEAD is answered wherever GET is.",
        };
        return Task.CompletedTask;
    });
}
