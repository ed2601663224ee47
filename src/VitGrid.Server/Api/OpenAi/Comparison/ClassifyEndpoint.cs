using System.Text.Json;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Model.Encoders;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Comparison;

/// <summary>
/// <c>POST /v1/classify</c>: which of some labels fits an image, without training. With several templates a label's vector is the mean of
/// its sentences' unit vectors (Radford et al., 2021, 3.1.4). One is made for each request.
/// </summary>
internal sealed class ClassifyEndpoint(ComparisonReader reader, TimeProvider time) : EmbeddingCodec
{
    private static readonly string[] LabelsAlone = [PromptTemplates.Place];

    private string[] _labels = [];
    private string[] _templates = LabelsAlone;
    private int _images;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(OpenAiPaths.Classify,
            (HttpContext context, EmbeddingHandler handler, ComparisonReader reader, TimeProvider time) =>
                handler.AnswerAsync(context, new ClassifyEndpoint(reader, time)))
        .WithMetadata(QueryNames.JudgedByRoute)
        .RequireScope(Scopes.Embed)
        .WithName("classifyImages")
        .WithTags("Comparison")
        .WithSummary("Tells which of some labels fits an image")
        .Produces<ClassifyResponse>();

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        reader.ReadAsync(request, FieldSet.Classification, admit, ReadInputs, cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer)
    {
        LogitFacts facts = ComparedVectors.LogitsOf(answer.Model) ?? throw new ApiException(ApiCode.UnsupportedModality,
            $"model '{answer.Model.Name}' has no scale by which labels and images are compared; use a model of two towers", "model");
        float[][] texts = ComparedVectors.Units(answer, 0, _labels.Length * _templates.Length);
        float[][] labels = [.. texts.Chunk(_templates.Length).Select(sentences => ComparedVectors.Mean(sentences))];
        float[][] images = ComparedVectors.Units(answer, texts.Length, _images);
        ClassifyResponse response = new()
        {
            Data = [.. images.Select((image, index) => Classify(facts, labels, image, index))],
            Model = answer.Model.Name,
            Function = ModelDescriptions.Name(facts.Function),
            Usage = ComparedVectors.UsageOf(answer),
            Id = $"cls-{Guid.NewGuid():N}",
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            Hints = answer.Hints.Count > 0 ? answer.Hints : null,
        };
        return context.Response.WriteAsJsonAsync(
            response, ComparisonJson.Readable.ClassifyResponse, cancellationToken: context.RequestAborted);
    }

    private Classification Classify(LogitFacts facts, float[][] labels, float[] image, int index)
    {
        double[] logits = Array.ConvertAll(labels, label => facts.Logit(label, image));
        double[] scores = facts.Scores(logits);
        LabelScore[] ranked =
        [
            .. _labels.Select((label, i) => new LabelScore(label, scores[i], ComparedVectors.Cosine(labels[i], image), logits[i]))
                .OrderByDescending(label => label.Logit),
        ];
        return new(index, ranked[0].Label, ranked[0].Score, ranked);
    }

    private IReadOnlyList<ImageInput> ReadInputs(JsonElement root, RequestBody body, RequestNotes notes)
    {
        IReadOnlyList<ImageInput> labels = JsonInputs.ReadTexts(root, "labels", reader.MaxInputs);
        if (labels.Count == 0)
            throw ComparisonReader.Missing("labels", "an array of texts, such as [\"a cat\",\"a dog\"]");
        IReadOnlyList<ImageInput> templates = JsonInputs.ReadTexts(root, "templates", reader.MaxInputs);
        if (labels.Concat(templates).FirstOrDefault(text => text.Fault is not null).Fault is { } fault)
            throw new ApiException(fault);
        IReadOnlyList<ImageInput> images = reader.Images(root, "input", body, notes);
        _images = images.Count;
        _labels = [.. labels.Select(label => label.Words!.Words!)];
        if (templates.Count > 0)
            _templates = [.. templates.Select(template => PromptTemplates.Check(template.Words!.Words, template.Param)!)];
        DemandRoom();
        return
        [
            .. labels.SelectMany(label => _templates.Select(
                template => TextInput.From(label.Param, new TextInput(PromptTemplates.Fill(template, label.Words!.Words!))))),
            .. images,
        ];
    }

    private void DemandRoom()
    {
        int texts = _labels.Length * _templates.Length;
        if (texts + _images > reader.MaxInputs)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the request holds {_images} images and {_labels.Length} labels in {_templates.Length} templates, which are "
                    + $"{texts + _images} inputs, the limit is {reader.MaxInputs}; send fewer labels or templates at once", "labels");
        }
    }
}
