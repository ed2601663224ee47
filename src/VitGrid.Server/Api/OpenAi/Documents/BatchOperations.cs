using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>The bodies of <c>POST /v1/files</c> and <c>POST /v1/batches</c>, which their signatures hide.</summary>
internal static class BatchOperations
{
    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        (string? type, OpenApiSchema? schema) = (context.Description.RelativePath, context.Description.HttpMethod) switch
        {
            ("v1/files", "POST") => ("multipart/form-data", Object(
                ("purpose", Text("Always batch.")),
                ("expires_after[anchor]", Text("Always created_at.")),
                ("expires_after[seconds]",
                    new() { Type = JsonSchemaType.Integer, Minimum = "3600", Maximum = "2592000",
                        Description = "When the file goes away; without it, it stays until it is deleted." }),
                ("file", new() { Type = JsonSchemaType.String, Format = "binary",
                    Description = "Lines {\"custom_id\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{…}}." }))),
            ("v1/batches", "POST") => ("application/json", Object(
                ("input_file_id", Text("A file that was uploaded with purpose=batch.")),
                ("endpoint", Text("Always /v1/embeddings.")),
                ("completion_window", Text("Always 24h; a batch is worked on until it is done.")),
                ("output_expires_after",
                    new() { Type = JsonSchemaType.Object, Description =
                        "{\"anchor\":\"created_at\",\"seconds\":3600…2592000}: when the files of results and errors go away." }),
                ("metadata", new() { Type = JsonSchemaType.Object, Description = "At most 16 texts of the client's own." }))),
            _ => ((string?)null, (OpenApiSchema?)null),
        };
        if (type is not null)
            operation.RequestBody =
                new OpenApiRequestBody { Required = true,
                    Content = new Dictionary<string, OpenApiMediaType> { [type] = new() { Schema = schema } } };
        return Task.CompletedTask;
    }

    private static OpenApiSchema Object(params (string Name, OpenApiSchema Schema)[] properties) =>
        new() { Type = JsonSchemaType.Object, Properties = properties.ToDictionary(
            property => property.Name, IOpenApiSchema (property) => property.Schema) };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
