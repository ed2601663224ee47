using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using VitGrid.Client;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>What the OpenAPI document says of OpenAI's routes and of those that belong to no protocol.</summary>
internal static class DocumentParts
{
    public static void AddTo(OpenApiOptions document, Protocol own)
    {
        document.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(EmbeddingVector))
                DescribeVector(schema);
            return Task.CompletedTask;
        });
        document.AddOperationTransformer(EmbeddingsOperation.DescribeAsync);
        document.AddOperationTransformer(FeaturesOperation.DescribeAsync);
        document.AddOperationTransformer(ComparisonOperations.DescribeAsync);
        document.AddOperationTransformer(BatchOperations.DescribeAsync);
        document.AddOperationTransformer((operation, context, token) =>
            context.Description.ActionDescriptor.EndpointMetadata.OfType<Protocol>().All(owner => owner == own)
                ? ErrorResponses.DescribeAsync(operation, context, token)
                : Task.CompletedTask);
    }

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
