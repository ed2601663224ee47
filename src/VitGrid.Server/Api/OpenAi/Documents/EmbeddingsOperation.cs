using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>The three request forms of <c>POST /v1/embeddings</c>, which its signature hides.</summary>
internal static class EmbeddingsOperation
{
    private const string Explanation =
        "One vector an image or text, in the order of the request. As JSON, as a raw image (fields as query parameters), or as a form "
        + "with any number of files (fields as form values). int8 is round(127·v/max|v|), uint8 the same plus 128; ubinary packs v>0, "
        + "first number in the highest bit, binary is ubinary minus 128. A chat message may hold several images; each gets its own vector. "
        + "Fields may stand in the query beside any body; what is said twice must be said alike. Names that ask for something else, or are "
        + "misspelt, are refused; others that are not read are told in hints, and in the header x-vitgrid-hint, as is an EXIF orientation "
            + "that "
        + "was ignored and text beside the images of messages.";

    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.RelativePath != "v1/embeddings")
            return Task.CompletedTask;
        operation.Description = Explanation;
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = Json() },
                ["multipart/form-data"] = new() { Schema = Form() },
                ["image/*"] = new() { Schema = File() },
                ["application/octet-stream"] = new() { Schema = File() },
            },
        };
        operation.Parameters = [.. Fields().Select(field => new OpenApiParameter
        {
            Name = field.Key,
            In = ParameterLocation.Query,
            Description = field.Value.Description,
            Schema = field.Value,
        })];
        return Task.CompletedTask;
    }

    private static OpenApiSchema Json()
    {
        Dictionary<string, IOpenApiSchema> properties = Fields().ToDictionary(field => field.Key, IOpenApiSchema (field) => field.Value);
        properties["input"] = new OpenApiSchema
        {
            Description = "An image or a text, or an array of both: data:image/…;base64,… or bare base64, {\"image\":\"…\"}, or "
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:…\"}}; https://… where VitGrid:UrlFetch is on. Any other string "
                + "is text, and {\"text\":\"…\"} always is, for models that read text. Arrays of token ids only with tokens.",
            OneOf = [Text(), Anything(),
                new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { OneOf = [Text(), Anything()] } }],
        };
        properties["messages"] = new OpenApiSchema
        {
            Description = "Instead of input: chat messages whose content parts are image_url. "
                + "Text beside an image, and of other roles than user, is a prompt: it does not change the vector, and hints name it. "
                + "A user's message of text alone is embedded.",
            Type = JsonSchemaType.Array,
            Items = Anything(),
        };
        return new()
        {
            Type = JsonSchemaType.Object,
            Properties = properties,
            Examples = [new JsonObject { ["model"] = BundledModel.Name, ["input"] = new JsonArray(
                "data:image/jpeg;base64,/9j/…"), ["encoding_format"] = "float" }],
        };
    }

    private static OpenApiSchema Form()
    {
        Dictionary<string, IOpenApiSchema> properties = Fields().ToDictionary(field => field.Key, IOpenApiSchema (field) => field.Value);
        properties["file"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = File(),
            Description = "The images, in order; the parts' names do not matter." };
        return new() { Type = JsonSchemaType.Object, Properties = properties };
    }

    private static Dictionary<string, OpenApiSchema> Fields() => new()
    {
        ["model"] = new() { Type = JsonSchemaType.String, Description = "A served model; may be left out when there is only one." },
        ["encoding_format"] = OneOf("How a vector is written.", "float", "base64"),
        ["dimensions"] = new() { Type = JsonSchemaType.Integer, Description = "Refused unless it is the vector's own length." },
        ["user"] = new() { Type = JsonSchemaType.String, Description = "Accepted for OpenAI's clients, not read." },
        ["pooling"] = OneOf("How tokens become a vector.", "cls", "mean", "cls+mean"),
        ["layer"] = new() { Type = JsonSchemaType.Integer, Default = -1,
            Description = "Hidden state to pool: 0 the embedding stage, i after block i, negative from the end." },
        ["normalize"] = new()
        {
            Type = JsonSchemaType.Boolean,
            Default = true,
            Description = "Divide by the L2 norm. Jina's normalized is the same.",
        },
        ["embedding_type"] = OneOf(
            "The numbers of a vector; base64 is Jina's for float with encoding_format base64.",
            "float", "float16", "int8", "uint8", "binary", "ubinary", "base64"),
        ["priority"] = OneOf("Whom to serve first.", "interactive", "bulk"),
        ["timeout_ms"] = new() { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "3600000",
            Description = "When to give up, from acceptance." },
        ["cache"] = OneOf("What the cache may do.", "use", "bypass", "refresh"),
        ["preprocess"] = new() { Type = JsonSchemaType.String,
            Description = "A preprocessing profile: crop, squash, timm, border, the first two also with @pillow13 or @torchvision behind "
                + "them; with +fast behind it large JPEG and WebP files are decoded faster and not exactly." },
        ["exif"] = OneOf(
            "What becomes of the EXIF orientation; by default what the server is configured for, Images:ExifOrientation, which ignores it.",
            "ignore", "apply"),
        ["tiling"] = new() { Type = JsonSchemaType.String,
            Description = "Cuts each image into tiles as InternVL does, each with a vector in tiles, and embedding their mean: "
                + "{\"min\":1,\"max\":12,\"thumbnail\":true}, or 1,12,true in a query or form." },
        ["truncate"] = OneOf("What becomes of a text longer than the model reads: cut as its class does, which hints say, or refused.",
            "end", "error"),
        ["prompt_template"] = new() { Type = JsonSchemaType.String,
            Description = "A sentence into which every text is put in the place of {}, such as a photo of a {}." },
        ["tokens"] = new() { Type = JsonSchemaType.String, Enum = [JsonValue.Create("model")],
            Description = "That arrays of token ids are of the model's own tokenizer, start and end tokens among them." },
        ["on_error"] = OneOf("Whether one bad image fails the request or its item only.", "fail", "partial"),
    };

    private static OpenApiSchema OneOf(string description, params string[] values) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
        Enum = [.. values.Select(value => JsonValue.Create(value))],
        Default = values[0],
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema Anything() => new() { Type = JsonSchemaType.Object };

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
