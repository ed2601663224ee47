using Microsoft.OpenApi;
using VitGrid.Client;

namespace VitGrid.Server.Api.OpenApi;

/// <summary>The document <c>/openapi/v1.json</c>: what the routes say, and beside it what a signature cannot say.</summary>
internal static class OpenApiSetup
{
    public static IServiceCollection AddVitGridOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
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
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(EmbeddingVector))
                DescribeVector(schema);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(EmbeddingsOperation.DescribeAsync);
        options.AddOperationTransformer(BatchOperations.DescribeAsync);
        options.AddOperationTransformer(ErrorResponses.DescribeAsync);
    });

    private static void DescribeVector(OpenApiSchema schema)
    {
        schema.Description = "Numbers (encoding_format float) or a base64 string of little-endian bytes (encoding_format base64).";
        schema.OneOf =
        [
            new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.Number } },
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
        ];
    }
}
