using System.Diagnostics;
using VitGrid.Client;
using VitGrid.Grains;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api;

/// <summary><c>POST /v1/embeddings</c>: OpenAI's shape, for pictures.</summary>
internal sealed class EmbeddingsEndpoint(
    GridDoor grid, RequestReader reader, PictureUrls urls, DrainGate gate, RequestMetrics metrics, TimeProvider time)
{
    public const string Path = "/v1/embeddings";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, (HttpContext context, EmbeddingsEndpoint endpoint) => endpoint.AnswerAsync(context))
        .WithName("createEmbeddings")
        .WithTags("Embeddings")
        .WithSummary("Embeds pictures")
        .Produces<EmbeddingsResponse>();

    private async Task AnswerAsync(HttpContext context)
    {
        using DrainGate.Pass pass = gate.Enter();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, gate.Cut);
        using ParsedRequest request = await reader.ReadAsync(context.Request, fields => Check(context, fields), ended.Token);
        ModelInfo model = context.Features.Get<ModelInfo>()!;
        PictureRun run = new((picture, token) => EmbedAsync(picture, ToGrid(picture, request.Fields, model), token), request.Fields.Partial);
        PictureOutcome[] outcomes = await run.RunAsync(request.Pictures, ended.Token);
        long began = Stopwatch.GetTimestamp();
        string[] hints = [.. request.Notes.Hints(), .. ImageHints.Of(request.Pictures, outcomes)];
        EmbeddingsResponse answer = EmbeddingsAnswer.Make(outcomes, request.Fields, model.Name, time.GetUtcNow(), hints);
        EmbeddingsAnswer.WriteHeaders(context.Response.Headers, outcomes, hints);
        await context.Response.WriteAsJsonAsync(answer, AnswerJson.Client.EmbeddingsResponse, cancellationToken: context.RequestAborted);
        metrics.Written(model.Name, outcomes, Stopwatch.GetElapsedTime(began));
    }

    private Task<EmbeddingResult> EmbedAsync(PictureInput picture, EmbeddingRequest request, CancellationToken cancellation) =>
        picture.Url is null ? grid.Embed(request, cancellation) : urls.EmbedAsync(picture.Url, request, grid.Embed, cancellation);

    /// <summary>Refuses what need not be read: wrong fields, and work for a full grid that no cache can spare it.</summary>
    private void Check(HttpContext context, EmbeddingFields fields)
    {
        ModelInfo model = grid.Find(fields.Model);
        context.Features.Set(model);
        FieldChecks.Check(fields, model);
        if (fields.Cache != CacheUse.Use && grid.Foresee(ToGrid(default, fields, model)) is { } refusal)
            throw refusal;
    }

    private static EmbeddingRequest ToGrid(PictureInput picture, EmbeddingFields fields, ModelInfo model) => new()
    {
        Model = model.Name,
        Image = picture.Bytes,
        ImageOwner = picture.Owner,
        Preprocess = fields.Preprocess,
        Exif = fields.Exif,
        Layer = fields.Layer,
        Pooling = fields.Pooling,
        Cache = fields.Cache,
        Lane = fields.Lane,
        Timeout = fields.Timeout,
    };
}
