using System.Diagnostics;
using VitGrid.Client;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api;

/// <summary><c>POST /v1/embeddings</c>: OpenAI's shape, for images.</summary>
internal sealed class EmbeddingsEndpoint(
    GridDoor grid, RequestReader reader, ImageUrls urls, DrainGate gate, RequestMetrics metrics, TimeProvider time)
{
    public const string Path = "/v1/embeddings";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, (HttpContext context, EmbeddingsEndpoint endpoint) => endpoint.AnswerAsync(context))
        .WithName("createEmbeddings")
        .WithTags("Embeddings")
        .WithSummary("Embeds images")
        .Produces<EmbeddingsResponse>();

    private async Task AnswerAsync(HttpContext context)
    {
        using DrainGate.Pass pass = gate.Enter();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, gate.Cut);
        using ParsedRequest request = await reader.ReadAsync(context.Request, fields => Check(context, fields), ended.Token);
        ModelInfo model = context.Features.Get<ModelInfo>()!;
        ImageRun run = new(
            (image, token) => EmbedAsync(image, ToGrid(context, image, request.Fields, model), token), request.Fields.Partial);
        ImageOutcome[] outcomes = await run.RunAsync(request.Images, ended.Token);
        long began = Stopwatch.GetTimestamp();
        string[] hints = [.. request.Notes.Hints(), .. ImageHints.Of(request.Images, outcomes)];
        EmbeddingsResponse answer = EmbeddingsAnswer.Make(outcomes, request.Fields, model.Name, time.GetUtcNow(), hints);
        EmbeddingsAnswer.WriteHeaders(context.Response.Headers, outcomes, hints);
        await context.Response.WriteAsJsonAsync(answer, AnswerJson.Client.EmbeddingsResponse, cancellationToken: context.RequestAborted);
        metrics.Written(model.Name, outcomes, Stopwatch.GetElapsedTime(began));
    }

    private Task<EmbeddingResult> EmbedAsync(ImageInput image, EmbeddingRequest request, CancellationToken cancellationToken) =>
        image.Url is null ? grid.Embed(request, cancellationToken) : urls.EmbedAsync(image.Url, request, grid.Embed, cancellationToken);

    /// <summary>Refuses what need not be read: wrong fields, and work for a full grid that no cache can spare it.</summary>
    private void Check(HttpContext context, EmbeddingFields fields)
    {
        ModelInfo model = grid.Find(fields.Model);
        context.Features.Set(model);
        FieldChecks.Check(fields, model);
        if (fields.Cache != CacheUse.Use && grid.Foresee(ToGrid(context, default, fields, model)) is { } refusal)
            throw refusal;
    }

    private static EmbeddingRequest ToGrid(HttpContext context, ImageInput image, EmbeddingFields fields, ModelInfo model) => new()
    {
        Model = model.Name,
        Image = image.Bytes,
        ImageOwner = image.Owner,
        Preprocess = fields.Preprocess,
        Exif = fields.Exif,
        Layer = fields.Layer,
        Pooling = fields.Pooling,
        Cache = fields.Cache,
        Lane = fields.Lane,
        Timeout = fields.Timeout,
        RequestId = context.TraceIdentifier,
    };
}
