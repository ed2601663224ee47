using System.Text.Json.Serialization;
using VitGrid.Client;

namespace VitGrid.Server.Api.OpenAi.Comparison;

/// <summary>
/// The answer of <c>POST /v1/similarity</c>. A row for each text, or for each image where no texts were sent; a column for each image.
/// </summary>
internal sealed record SimilarityResponse
{
    /// <summary>Always <c>similarity</c>.</summary>
    public string Object { get; init; } = "similarity";

    /// <summary>The model that computed.</summary>
    public required string Model { get; init; }

    /// <summary>Cosines.</summary>
    public required float[][] Cosine { get; init; }

    /// <summary>The model's own logits, cosine · scale + bias; null where no texts were sent.</summary>
    public double[][]? Logits { get; init; }

    /// <summary>Softmax of the logits over the texts of each image (a column sums to 1), or the sigmoid of each; null as above.</summary>
    public double[][]? Scores { get; init; }

    /// <summary><c>softmax</c> or <c>sigmoid</c>, as the model's family has it; null as above.</summary>
    public string? Function { get; init; }

    /// <summary>What cosines are multiplied with; null as above.</summary>
    public double? Scale { get; init; }

    /// <summary>What is added; null as above.</summary>
    public double? Bias { get; init; }

    /// <summary>Tokens and images.</summary>
    public required EmbeddingsUsage Usage { get; init; }

    /// <summary>Name of the answer.</summary>
    public required string Id { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>What the client should know; null: nothing.</summary>
    public IReadOnlyList<string>? Hints { get; init; }
}

/// <summary>The answer of <c>POST /v1/classify</c>, in the shape of Jina's.</summary>
internal sealed record ClassifyResponse
{
    /// <summary>Always <c>list</c>.</summary>
    public string Object { get; init; } = "list";

    /// <summary>One for each image, in order.</summary>
    public required IReadOnlyList<Classification> Data { get; init; }

    /// <summary>The model that computed.</summary>
    public required string Model { get; init; }

    /// <summary><c>softmax</c> over the labels, or <c>sigmoid</c> of each, as the model's family has it.</summary>
    public required string Function { get; init; }

    /// <summary>Tokens and images.</summary>
    public required EmbeddingsUsage Usage { get; init; }

    /// <summary>Name of the answer.</summary>
    public required string Id { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>What the client should know; null: nothing.</summary>
    public IReadOnlyList<string>? Hints { get; init; }
}

/// <summary>What an image is, of the labels that were given.</summary>
/// <param name="Index">Its place among the images.</param>
/// <param name="Prediction">The label with the highest score.</param>
/// <param name="Score">That score.</param>
/// <param name="Predictions">All labels, the highest score first.</param>
internal sealed record Classification(int Index, string Prediction, double Score, IReadOnlyList<LabelScore> Predictions)
{
    /// <summary>Always <c>classification</c>.</summary>
    public string Object { get; init; } = "classification";
}

/// <summary>How a label fits an image.</summary>
/// <param name="Label">The label.</param>
/// <param name="Score">Its softmax or sigmoid.</param>
/// <param name="Cosine">Cosine of the label's vector, the mean over the templates, and the image's.</param>
/// <param name="Logit">Cosine · scale + bias.</param>
internal sealed record LabelScore(string Label, double Score, float Cosine, double Logit);

/// <summary>How answers that compare stand in JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SimilarityResponse))]
[JsonSerializable(typeof(ClassifyResponse))]
internal sealed partial class ComparisonForm : JsonSerializerContext;

/// <summary>Writes answers that compare.</summary>
internal static class ComparisonJson
{
    /// <summary>With quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
    public static ComparisonForm Readable { get; } = new(new System.Text.Json.JsonSerializerOptions(ComparisonForm.Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
