using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>The request forms of <c>POST /v1/similarity</c> and <c>POST /v1/classify</c>, which their signatures hide.</summary>
internal static class ComparisonOperations
{
    private const string Similarity =
        "Cosines of texts and images, a row a text and a column an image, and for a model of two towers its own logits (cosine · scale + "
        + "bias) and scores: softmax over the texts of each image, or the sigmoid of each pair, as its family has it. Without texts, "
        + "images are compared with each other, on any model.";

    private const string Classify =
        "Which of some labels fits an image, without training: the labels, each in every template, are embedded and compared with the "
        + "image. Of several templates a label's vector is the mean. The answer has Jina's shape.";

    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        bool isClassify = context.Description.RelativePath == "v1/classify";
        if (!isClassify && context.Description.RelativePath != "v1/similarity")
            return Task.CompletedTask;
        operation.Description = isClassify ? Classify : Similarity;
        Dictionary<string, IOpenApiSchema> inputs = (isClassify ? Labelled() : Compared()).Concat(Fields()).ToDictionary(
            field => field.Key, IOpenApiSchema (field) => field.Value);
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = inputs } },
            },
        };
        return Task.CompletedTask;
    }

    private static Dictionary<string, OpenApiSchema> Compared() => new()
    {
        ["texts"] = List("Texts; absent: the images are compared with each other."),
        ["images"] = List("Images, in the forms of POST /v1/embeddings."),
        ["prompt_template"] = Described("What every text is put into, such as a photo of a {}."),
    };

    private static Dictionary<string, OpenApiSchema> Labelled() => new()
    {
        ["input"] = List("An image or several, in the forms of POST /v1/embeddings."),
        ["labels"] = List("What the image may be."),
        ["templates"] = List("Sentences with {} for the label; absent: the labels as they are."),
    };

    private static Dictionary<string, OpenApiSchema> Fields() => new()
    {
        ["model"] = Described("A served model; may be left out when there is only one."),
        ["truncate"] = OneOf("What becomes of a text longer than the model reads.", "end", "error"),
        ["preprocess"] = Described("A preprocessing profile, as in POST /v1/embeddings."),
        ["exif"] = OneOf("What becomes of the EXIF orientation; by default what the server is configured for.", "ignore", "apply"),
        ["priority"] = OneOf("Whom to serve first.", "interactive", "bulk"),
        ["timeout_ms"] = new() { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "3600000",
            Description = "When to give up, from acceptance." },
        ["cache"] = OneOf("What the cache may do.", "use", "bypass", "refresh"),
    };

    private static OpenApiSchema List(string description) => new()
    {
        Description = description,
        Type = JsonSchemaType.Array,
        Items = new OpenApiSchema
        {
            OneOf = [new OpenApiSchema { Type = JsonSchemaType.String }, new OpenApiSchema { Type = JsonSchemaType.Object }],
        },
    };

    private static OpenApiSchema Described(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema OneOf(string description, params string[] values) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
        Enum = [.. values.Select(value => JsonValue.Create(value))],
        Default = values[0],
    };
}
