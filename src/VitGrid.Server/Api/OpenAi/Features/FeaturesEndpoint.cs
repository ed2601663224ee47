using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Features;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Features;

/// <summary>
/// <c>POST /v1/features</c>: hidden states of images, requests as those for vectors, answers in bytes. An answer that fits the window is
/// computed whole before it is begun, so that what fails is refused with its status; a larger one is written while it is computed.
/// </summary>
internal sealed partial class FeaturesEndpoint(
    RequestReader reader, FeatureMemory memory, ServerOptions options, GridMetrics grid, RequestMetrics metrics,
    ILogger<FeaturesEndpoint> log)
{
    /// <summary>How many images and tokens were computed.</summary>
    public const string Usage = "x-vitgrid-usage";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private FeatureOptions Limits => options.Features;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(OpenAiPaths.Features, (HttpContext context, EmbeddingHandler handler, FeaturesEndpoint endpoint) => handler.StreamAsync(
            context,
            (request, admit, token) => endpoint.ReadAsync(request, admit, token),
            endpoint.Check,
            (request, token) => endpoint.AnswerAsync(context, request, token)))
        .WithMetadata(QueryNames.JudgedByRoute)
        .RequireScope(Scopes.Features)
        .WithName("createFeatures")
        .WithTags("Features")
        .WithSummary("Gives out hidden states of images");

    private Task<ParsedRequest> ReadAsync(HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        reader.ReadAsync(request, FieldSet.Features, admit, cancellationToken);

    /// <summary>What one image would take is known before its body is read.</summary>
    private void Check(EmbeddingFields fields, ModelInfo model)
    {
        if (fields.Features is { } features)
            _ = FeaturePlan.Make(features, model, images: 1, Limits);
    }

    private async Task AnswerAsync(HttpContext context, StreamedRequest request, CancellationToken cancellationToken)
    {
        FeatureFields fields = request.Request.Fields.Features!;
        FeaturePlan plan = FeaturePlan.Make(fields, request.Model, request.Request.Images.Count, Limits);
        FeatureFormat format = request.Request.Fields.FeatureFormat ?? Accepted(context.Request);
        Demand(format, plan, request.Request);
        FeatureWindow window = new(Limits.WindowBytes, TimeSpan.FromMilliseconds(options.Queue.DefaultTimeoutMilliseconds));
        await using FeatureRun run = new(request, plan, memory, window);
        List<FeatureOutcome> ready = [];
        try
        {
            // What fits the window is there before a byte is written; of what does not, the first image is.
            int first = plan.Bytes <= window.Bytes ? plan.Images : 1;
            while (ready.Count < first && await run.NextAsync(cancellationToken) is { } outcome)
                ready.Add(outcome);
            FeatureAnswer answer = FeatureAnswer.Make(
                format, plan, [.. ready.Select(outcome => outcome.Result?.Grid ?? default)]);
            WriteHeaders(context, request, answer, ready);
            await WriteAsync(context, answer, run, ready, cancellationToken);
        }
        catch (Exception exception) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // A cut connection is the only way left to tell the client that the answer is not whole.
            LogCut(context.TraceIdentifier, exception.Message);
            throw;
        }
        finally
        {
            ready.ForEach(outcome => outcome.Dispose());
        }
    }

    private async Task WriteAsync(
        HttpContext context, FeatureAnswer answer, FeatureRun run, List<FeatureOutcome> ready, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        Stream body = context.Response.Body;
        string model = context.Features.Get<ModelInfo>()!.Name;
        await answer.BeginAsync(body, cancellationToken);
        FeatureOutcome? outcome;
        for (int image = 0; (outcome = image < ready.Count ? ready[image] : await run.NextAsync(cancellationToken)) is not null; image++)
        {
            using (outcome)
            {
                if (outcome.Result?.Features is { } features)
                {
                    await answer.WriteAsync(body, image, features, cancellationToken);
                    grid.FeaturesSent(model, features.Bytes);
                }
                else
                {
                    metrics.Refused(outcome.Error);
                    await answer.WriteErrorAsync(body, image, outcome.Error!, cancellationToken);
                }
            }
        }
        await answer.EndAsync(body, cancellationToken);
        metrics.Written(model, Stopwatch.GetElapsedTime(began));
    }

    private void WriteHeaders(HttpContext context, StreamedRequest request, FeatureAnswer answer, List<FeatureOutcome> ready)
    {
        // A client that takes nothing would keep its window for as long as it likes.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(Limits.MinBytesPerSecond, Grace);
        EmbeddingResult[] results = [.. ready.Select(outcome => outcome.Result).OfType<EmbeddingResult>()];
        IReadOnlyList<ImageInput> images = request.Request.Images;
        IHeaderDictionary headers = context.Response.Headers;
        context.GetEndpoint()?.Metadata.GetMetadata<Protocol>()?.WriteTimings(headers, AnswerHeaders.Longest(results));
        string[] hints = [.. request.Request.Notes.Hints(),
            .. ImageHints.From([.. images.Take(ready.Count)], [.. ready.Select(outcome => outcome.Image)])];
        AnswerHeaders.WriteHints(headers, hints);
        // Of an answer that is longer than its window not all of them are known.
        if (request.Request.Fields.Cache != CacheUse.Bypass && ready.Count == images.Count)
            AnswerHeaders.WriteCache(headers, results);
        headers[Usage] = string.Create(
            CultureInfo.InvariantCulture, $"images={images.Count},tokens={TokensOf(request, results)}");
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Length;
    }

    /// <summary>Each image has as many, unless it is cut into tiles: then all of them are there.</summary>
    private static long TokensOf(StreamedRequest request, EmbeddingResult[] results) => request.Request.Fields.Features!.Tiling is null
        ? (long)request.Request.Images.Count * request.Model.Tokens
        : results.Sum(result => (long)result.Tokens);

    private static void Demand(FeatureFormat format, FeaturePlan plan, ParsedRequest request)
    {
        if (format == FeatureFormat.Npy && plan.Tensors.Count != 1)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"format npy is one array, and {plan.Tensors.Count} tensors an image are asked for "
                    + $"({string.Join(", ", plan.Tensors.Take(4).Select(tensor => tensor.Name))}); name one layer and one of outputs, or "
                    + "send format safetensors or multipart", "format");
        }
        if (format != FeatureFormat.Safetensors && plan.Tiling is not null)
            throw new ApiException(ApiCode.InvalidRequest, "tiled images differ in length; send format safetensors", "format");
        if (format != FeatureFormat.Safetensors && plan.Order.Type == FeatureType.BFloat16)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                "dtype is 'bf16', which NumPy's files do not have; send format safetensors or another dtype", "dtype");
        }
        if (request.Fields.Partial && format != FeatureFormat.Multipart)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                "on_error is 'partial', and only format multipart has room for an error among the images; send format multipart or "
                    + "on_error fail", "on_error");
        }
        if (!request.Fields.Partial && request.Images.FirstOrDefault(image => image.Fault is not null).Fault is { } unreadable)
            throw new ApiException(unreadable);
    }

    /// <summary>Whoever accepts none of the forms by name gets safetensors: clients send JSON's type whatever they ask for.</summary>
    private static FeatureFormat Accepted(HttpRequest request)
    {
        string accept = request.Headers.Accept.ToString();
        if (accept.Contains("npy", StringComparison.OrdinalIgnoreCase))
            return FeatureFormat.Npy;
        return accept.Contains("multipart/", StringComparison.OrdinalIgnoreCase) ? FeatureFormat.Multipart : FeatureFormat.Safetensors;
    }

    [LoggerMessage(7061, LogLevel.Warning, "The features of request {RequestId} were cut off, their answer had begun: {Reason}")]
    private partial void LogCut(string requestId, string reason);
}
