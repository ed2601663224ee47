using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>The request and answer forms of <c>POST /v1/features</c>, which its signature hides.</summary>
internal static class FeaturesOperation
{
    private const string Explanation =
        "Hidden states of images, in the forms of POST /v1/embeddings: as JSON, as a raw image with fields as query parameters, or as a "
        + "form with files. The answer is a safetensors file with a tensor images.I.layers.L.patches (cls, registers) for each image, "
        + "layer and kind of token; or with format npy one array for one layer and one of outputs, its first dimension the images; or "
        + "with format multipart a NumPy array for each tensor. An answer larger than VitGrid:Features:WindowBytes is sent while it is "
        + "computed: should an image fail then, the connection is cut, or in multipart its error stands in its place with on_error "
        + "partial.";

    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.RelativePath != "v1/features")
            return Task.CompletedTask;
        operation.Description = Explanation;
        OpenApiSchema file = new() { Type = JsonSchemaType.String, Format = "binary" };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = With("input", new OpenApiSchema
                {
                    Description = "An image or an array of images, as in POST /v1/embeddings.",
                    OneOf = [Text(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text() }],
                }) },
                ["multipart/form-data"] = new() { Schema = With("file", file) },
                ["image/*"] = new() { Schema = file },
                ["application/octet-stream"] = new() { Schema = file },
            },
        };
        operation.Parameters = [.. Fields().Select(field => new OpenApiParameter
        {
            Name = field.Key,
            In = ParameterLocation.Query,
            Description = field.Value.Description,
            Schema = field.Value,
        })];
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = "The features.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/vnd.safetensors"] = new() { Schema = file },
                ["application/x-npy"] = new() { Schema = file },
                ["multipart/mixed"] = new() { Schema = file },
            },
        };
        return Task.CompletedTask;
    }

    private static OpenApiSchema With(string name, IOpenApiSchema schema)
    {
        Dictionary<string, IOpenApiSchema> properties = Fields().ToDictionary(field => field.Key, IOpenApiSchema (field) => field.Value);
        properties[name] = schema;
        return new() { Type = JsonSchemaType.Object, Properties = properties };
    }

    private static Dictionary<string, OpenApiSchema> Fields() => new()
    {
        ["model"] = Described("Name of a served model; may be absent when one is served."),
        ["layers"] = Described("Hidden states as an array, or with commas between in a query: 0 the embedding stage, i after block i, "
            + "negative from the end; or all. Default -1."),
        ["outputs"] = Described("Some of cls, registers, patches, visual_tokens (what a chat model's projector makes), as an array "
            + "or with commas between. Default patches."),
        ["norm"] = OneOf("Which layers pass the norm that follows the last block, in models that have one.", "last", "all", "none"),
        ["tiling"] = Described("With outputs visual_tokens: cuts each image into tiles as InternVL does, as {\"min\":1,\"max\":12,"
            + "\"thumbnail\":true}, or as 1,12,true in a query."),
        ["layout"] = OneOf("How patch tokens lie: [patches, D] or [D, height, width].", "NLC", "NCHW"),
        ["dtype"] = OneOf("Element type; bf16 in safetensors alone.", "fp32", "fp16", "bf16"),
        ["format"] = OneOf("The answer's form; without it the Accept header says.", "safetensors", "npy", "multipart"),
        ["priority"] = OneOf("Whom to serve first.", "interactive", "bulk"),
        ["timeout_ms"] = new() { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "3600000",
            Description = "When to give an image up, from the moment when it is begun." },
        ["cache"] = OneOf("What the cache may do; of visual tokens alone, hidden states are not cached.", "use", "bypass", "refresh"),
        ["preprocess"] = Described("A preprocessing profile, as in POST /v1/embeddings."),
        ["exif"] = OneOf("What becomes of the EXIF orientation; by default what the server is configured for.", "ignore", "apply"),
        ["on_error"] = OneOf("Whether one bad image fails the request or, with format multipart, itself alone.", "fail", "partial"),
    };

    private static OpenApiSchema Described(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema OneOf(string description, params string[] values) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
        Enum = [.. values.Select(value => JsonValue.Create(value))],
        Default = values[0],
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
