using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Features;

/// <summary>
/// Handles a request that may ask for features beside vectors, and whose answer is computed whole before it is begun: what fails is refused
/// with its status, and what would not fit the window of features is refused before it is computed.
/// </summary>
internal sealed class FeatureHandler(EmbeddingHandler handler, FeatureMemory memory, ServerOptions options)
{
    /// <summary>Answers one request.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public Task AnswerAsync(HttpContext context, EmbeddingCodec codec) => handler.StreamAsync(
        context, codec.ReadAsync, (_, _) => { }, (request, token) => request.Request.Fields.Features is { } features
            ? AnswerFeaturesAsync(context, codec, request, features, token)
            : handler.AnswerVectorsAsync(context, codec, request, token));

    private async Task AnswerFeaturesAsync(
        HttpContext context, EmbeddingCodec codec, StreamedRequest request, FeatureFields features, CancellationToken cancellationToken)
    {
        FeaturePlan plan = FeaturePlan.Make(features, request.Model, request.Request.Images.Count, options.Features);
        if (plan.Bytes > options.Features.WindowBytes)
            throw TooLarge(plan);
        FeatureWindow window = new(options.Features.WindowBytes, TimeSpan.FromMilliseconds(options.Queue.DefaultTimeoutMilliseconds));
        await using FeatureRun run = new(request, plan, memory, window);
        List<FeatureOutcome> outcomes = [];
        try
        {
            while (await run.NextAsync(cancellationToken) is { } outcome)
                outcomes.Add(outcome);
            await handler.WriteAsync(context, codec, request.Model, request.Request, [.. outcomes.Select(outcome => outcome.Image)]);
        }
        finally
        {
            outcomes.ForEach(outcome => outcome.Dispose());
        }
    }

    private ApiException TooLarge(FeaturePlan plan) => new(ApiCode.InvalidRequest, string.Create(CultureInfo.InvariantCulture,
        $"the hidden states of {plan.Images} images have {plan.Bytes} bytes, the limit of an answer in one piece is "
            + $"{options.Features.WindowBytes} (VitGrid:Features:WindowBytes); ask for fewer images at once, or POST /v1/features"));
}
