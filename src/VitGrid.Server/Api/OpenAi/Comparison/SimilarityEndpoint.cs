using System.Text.Json;
using VitGrid.Access.Keys;
using VitGrid.Model.Encoders;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Comparison;

/// <summary><c>POST /v1/similarity</c>: texts, or images, with images. One is made for each request.</summary>
internal sealed class SimilarityEndpoint(ComparisonReader reader, TimeProvider time) : EmbeddingCodec
{
    private int _texts;
    private int _images;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(OpenAiPaths.Similarity,
            (HttpContext context, EmbeddingHandler handler, ComparisonReader reader, TimeProvider time) =>
                handler.AnswerAsync(context, new SimilarityEndpoint(reader, time)))
        .WithMetadata(QueryNames.JudgedByRoute)
        .RequireScope(Scopes.Embed)
        .WithName("compareInputs")
        .WithTags("Comparison")
        .WithSummary("Compares texts or images with images")
        .Produces<SimilarityResponse>();

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        reader.ReadAsync(request, FieldSet.Similarity, admit, ReadInputs, cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer)
    {
        float[][] images = ComparedVectors.Units(answer, _texts, _images);
        float[][] rows = _texts > 0 ? ComparedVectors.Units(answer, 0, _texts) : images;
        LogitFacts? facts = _texts > 0 ? ComparedVectors.LogitsOf(answer.Model) : null;
        double[][]? logits = facts is null ? null : Table(rows, images, (text, image) => facts.Logit(text, image));
        SimilarityResponse response = new()
        {
            Model = answer.Model.Name,
            Cosine = Table(rows, images, ComparedVectors.Cosine),
            Logits = logits,
            Scores = facts is null ? null : ScoresOf(facts, logits!),
            Function = facts is null ? null : ModelDescriptions.Name(facts.Function),
            Scale = facts?.Scale,
            Bias = facts?.Bias,
            Usage = ComparedVectors.UsageOf(answer),
            Id = $"sim-{Guid.NewGuid():N}",
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            Hints = answer.Hints.Count > 0 ? answer.Hints : null,
        };
        return context.Response.WriteAsJsonAsync(
            response, ComparisonJson.Readable.SimilarityResponse, cancellationToken: context.RequestAborted);
    }

    private IReadOnlyList<ImageInput> ReadInputs(JsonElement root, RequestBody body, RequestNotes notes)
    {
        IReadOnlyList<ImageInput> texts = JsonInputs.ReadTexts(root, "texts", reader.MaxInputs);
        IReadOnlyList<ImageInput> images = reader.Images(root, "images", body, notes);
        (_texts, _images) = (texts.Count, images.Count);
        return [.. texts, .. images];
    }

    private static T[][] Table<T>(float[][] rows, float[][] columns, Func<float[], float[], T> value) =>
        Array.ConvertAll(rows, row => Array.ConvertAll(columns, column => value(row, column)));

    /// <summary>Scores belong to an image: over all texts of its column.</summary>
    private static double[][] ScoresOf(LogitFacts facts, double[][] logits)
    {
        double[][] scores = Array.ConvertAll(logits, row => new double[row.Length]);
        for (int image = 0; image < logits[0].Length; image++)
        {
            double[] column = facts.Scores(Array.ConvertAll(logits, row => row[image]));
            for (int text = 0; text < column.Length; text++)
                scores[text][image] = column[text];
        }
        return scores;
    }
}
