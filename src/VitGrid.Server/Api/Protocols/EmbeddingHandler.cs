using System.Diagnostics;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.Protocols;

/// <summary>
/// Handles a request for vectors of any protocol: drain gate, admission, limits, inputs side by side, headers, metrics. What is written how
/// is the <see cref="EmbeddingCodec"/>'s.
/// </summary>
internal sealed class EmbeddingHandler(
    GridGateway grid, RequestInputs inputs, BodyMemory memory, HttpOptions limits, DrainGate gate, RequestMetrics metrics)
{
    /// <summary>Answers one request.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task AnswerAsync(HttpContext context, EmbeddingCodec codec)
    {
        using DrainGate.Pass pass = gate.Enter();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, gate.Cut);
        using ParsedRequest read = await codec.ReadAsync(context.Request, fields => Admit(context, fields), ended.Token);
        (ModelInfo model, ParsedRequest request) = await JudgeAsync(context, read, ended.Token);
        ImageOutcome[] outcomes = await EmbedAllAsync(context, request, model, ended.Token);
        await RequestLimits.CountTilesAsync(context, outcomes.Sum(outcome => TilesBeyondOne(outcome.Result)));
        await WriteAsync(context, codec, model, request, outcomes);
    }

    /// <summary>The inputs are under way until they are computed, not until the answer is written: whoever has it may ask again.</summary>
    private async Task<ImageOutcome[]> EmbedAllAsync(
        HttpContext context, ParsedRequest request, ModelInfo model, CancellationToken cancellationToken)
    {
        using RequestLimits.ImagePass counted = await RequestLimits.EnterAsync(context, request.Images.Count);
        BodyShare share = memory.For(context);
        ImageRun run = new(
            (image, token) => EmbedAsync(image, ToGrid(context, image, request.Fields, model), share, token), request.Fields.Partial);
        return await run.RunAsync(request.Images, cancellationToken);
    }

    /// <summary>
    /// Answers a request whose answer is written while it is computed: the same gates and limits, and then <paramref name="answer"/> with
    /// what was read and how an image of it is computed.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="read">Reads the request; calls its second argument once with the fields.</param>
    /// <param name="check">Refuses fields that the model cannot serve, before an image is read.</param>
    /// <param name="answer">Computes and writes.</param>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task StreamAsync(
        HttpContext context, Func<HttpRequest, Action<EmbeddingFields>, CancellationToken, Task<ParsedRequest>> read,
        Action<EmbeddingFields, ModelInfo> check, Func<StreamedRequest, CancellationToken, Task> answer)
    {
        using DrainGate.Pass pass = gate.Enter();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, gate.Cut);
        using ParsedRequest parsed = await read(context.Request, fields => Admit(context, fields, check), ended.Token);
        (ModelInfo model, ParsedRequest request) = await JudgeAsync(context, RequestInputs.ImagesAlone(parsed), ended.Token);
        using RequestLimits.ImagePass counted = await RequestLimits.EnterAsync(context, request.Images.Count);
        BodyShare share = memory.For(context);
        EmbeddingRequest asked = ToGrid(context, default, request.Fields, model);
        int tiles = 0;
        try
        {
            await answer(new(model, request, ComputeAsync), ended.Token);
        }
        finally
        {
            await RequestLimits.CountTilesAsync(context, tiles);
        }

        async Task<EmbeddingResult> ComputeAsync(ImageInput image, FeatureOrder? features, CancellationToken cancellationToken)
        {
            EmbeddingResult result = await EmbedAsync(
                image, asked with { Image = image.Bytes, ImageOwner = image.Owner, Form = image.Form, Features = features }, share,
                cancellationToken);
            Interlocked.Add(ref tiles, TilesBeyondOne(result));
            return result;
        }
    }

    /// <summary>Computes the vectors of a request that was let in by <see cref="StreamAsync"/>, and writes the answer.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task AnswerVectorsAsync(
        HttpContext context, EmbeddingCodec codec, StreamedRequest request, CancellationToken cancellationToken)
    {
        ImageRun run = new((image, token) => request.EmbedAsync(image, null, token), request.Request.Fields.Partial);
        await WriteAsync(context, codec, request.Model, request.Request, await run.RunAsync(request.Request.Images, cancellationToken));
    }

    /// <summary>Writes the answer to a request of which all images are computed: headers and body.</summary>
    public async Task WriteAsync(
        HttpContext context, EmbeddingCodec codec, ModelInfo model, ParsedRequest request, ImageOutcome[] outcomes)
    {
        long began = Stopwatch.GetTimestamp();
        string[] hints = [.. request.Notes.Hints(), .. TextHints.From(request.Images), .. ImageHints.From(request.Images, outcomes)];
        WriteHeaders(context, outcomes, hints);
        await codec.WriteAsync(context, new(model, request.Fields, outcomes, hints));
        metrics.Written(model.Name, Stopwatch.GetElapsedTime(began));
        foreach (ImageOutcome outcome in outcomes)
            metrics.Refused(outcome.Error);
    }

    private static int TilesBeyondOne(EmbeddingResult? result) => Math.Max(1, result?.Grid.Inputs ?? 1) - 1;

    private async ValueTask<(ModelInfo Model, ParsedRequest Request)> JudgeAsync(
        HttpContext context, ParsedRequest read, CancellationToken cancellationToken)
    {
        ModelInfo model = context.Features.Get<ModelInfo>()
            ?? throw new InvalidOperationException($"{context.Request.Path} gave no fields to admit");
        return (model, await inputs.PrepareAsync(WithinLimits(read), model, cancellationToken));
    }

    private Task<EmbeddingResult> EmbedAsync(
        ImageInput image, EmbeddingRequest request, BodyShare share, CancellationToken cancellationToken) => image.Url is null
        ? grid.Embed(request, cancellationToken) : inputs.Urls.EmbedAsync(image.Url, request, share, grid.Embed, cancellationToken);

    /// <summary>Refuses what need not be read: wrong fields, and work for a full grid that no cache can spare it.</summary>
    private void Admit(HttpContext context, EmbeddingFields fields, Action<EmbeddingFields, ModelInfo>? check = null)
    {
        Caller caller = context.Caller();
        CallerChecks.DemandModel(caller, fields.Model);
        ModelInfo model = grid.Find(fields.Model);
        CallerChecks.DemandModel(caller, model.Name);
        CallerChecks.DemandLane(caller, fields.Lane);
        context.Features.Set(model);
        FieldChecks.Check(fields, model);
        check?.Invoke(fields, model);
        if (fields.Cache != CacheUse.Use && Foresee(context, fields, model) is { } refusal)
            throw refusal;
    }

    /// <summary>A model of two towers is full when both are: what will be asked of it has not been read.</summary>
    private GridException? Foresee(HttpContext context, EmbeddingFields fields, ModelInfo model)
    {
        EmbeddingRequest request = ToGrid(context, default, fields, model);
        if (model.TextTower is null || fields.Features is not null)
            return grid.Foresee(request);
        GridException? ofTexts = model.TextTower.Text is { TokenizerFault: null }
            ? grid.Foresee(OfText(request, grid.Texts.Accept(model, [0]))) : null;
        return ofTexts is null || !model.TakesImages ? ofTexts : grid.Foresee(request) is null ? null : ofTexts;
    }

    private ParsedRequest WithinLimits(ParsedRequest request)
    {
        int count = request.Images.Count, tiles = TilingOf(request.Fields)?.MaxInputs ?? 1;
        if (count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "the request holds no input; send at least one");
        if (count > limits.MaxInputs)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the request holds {count} inputs, the limit is {limits.MaxInputs}; split it into several requests");
        }
        int images = request.Images.Count(input => input.Words is null);
        return count + (images * (tiles - 1L)) <= limits.MaxInputs ? request : throw new ApiException(ApiCode.InvalidRequest,
            $"the request holds {images} images of up to {tiles} tiles each, the limit is {limits.MaxInputs} of both together; send fewer "
                + "images or a tiling of fewer tiles", "tiling");
    }

    private static ImageTiling? TilingOf(EmbeddingFields fields) => fields.Tiling ?? fields.Features?.Tiling;

    private static void WriteHeaders(HttpContext context, ImageOutcome[] outcomes, string[] hints)
    {
        EmbeddingResult[] results = [.. outcomes.Select(outcome => outcome.Result).OfType<EmbeddingResult>()];
        context.GetEndpoint()?.Metadata.GetMetadata<Protocol>()?.WriteTimings(context.Response.Headers, AnswerHeaders.Longest(results));
        AnswerHeaders.WriteCache(context.Response.Headers, results);
        AnswerHeaders.WriteHints(context.Response.Headers, hints);
    }

    private static EmbeddingRequest ToGrid(HttpContext context, ImageInput input, EmbeddingFields fields, ModelInfo model) =>
        input.Words?.Tokens is { } tokens
            ? OfText(OfImage(context, default, fields, model), tokens) : OfImage(context, input, fields, model);

    private static EmbeddingRequest OfImage(HttpContext context, ImageInput image, EmbeddingFields fields, ModelInfo model) => new()
    {
        Model = model.Name,
        Image = image.Bytes,
        ImageOwner = image.Owner,
        Form = image.Form,
        Preprocess = fields.Preprocess,
        Exif = fields.Exif,
        Layer = fields.Layer,
        Pooling = fields.Pooling,
        Cache = fields.Cache,
        Tiling = TilingOf(fields),
        Lane = fields.Lane,
        Timeout = fields.Timeout,
        Tenant = context.Caller().Tenant,
        RequestId = context.TraceIdentifier,
    };

    /// <summary>What concerns images alone is left out.</summary>
    private static EmbeddingRequest OfText(EmbeddingRequest request, TokenIds tokens) => request with
    {
        Text = tokens,
        Image = default,
        ImageOwner = null,
        Form = default,
        Preprocess = null,
        Exif = null,
        Tiling = null,
        Layer = -1,
        Pooling = null,
    };
}

/// <summary>
/// How a protocol writes a request for vectors and the answer to it; <see cref="EmbeddingHandler"/> does what lies between. Any thread may
/// call.
/// </summary>
internal abstract class EmbeddingCodec
{
    /// <summary>Reads a request whole, its body through <see cref="BodyReader"/>, which bounds it.</summary>
    /// <param name="request">The request; its path and query are the protocol's too.</param>
    /// <param name="admit">
    /// To be called once with the fields, as soon as they are known: it refuses what need not be read or decoded.
    /// </param>
    /// <param name="cancellationToken">Signalled when the client left, or when the drain gives up waiting.</param>
    /// <exception cref="Errors.ApiException">The request is refused.</exception>
    public abstract Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken);

    /// <summary>Writes the answer's body; its headers are written.</summary>
    public abstract Task WriteAsync(HttpContext context, EmbeddingAnswer answer);
}

/// <summary>A request that was let in and read, and is answered while it is computed.</summary>
/// <param name="Model">The model that it names.</param>
/// <param name="Request">As it was read.</param>
/// <param name="EmbedAsync">Computes an image of it and what it is to give out.</param>
internal sealed record StreamedRequest(
    ModelInfo Model, ParsedRequest Request, Func<ImageInput, FeatureOrder?, CancellationToken, Task<EmbeddingResult>> EmbedAsync);

/// <summary>What a request for vectors is answered with, before it is written as its protocol writes it.</summary>
/// <param name="Model">The model that computed.</param>
/// <param name="Fields">What the request said beside its images.</param>
/// <param name="Outcomes">An outcome for each image, in order.</param>
/// <param name="Hints">What the client should know although it was answered; the header has them too.</param>
internal sealed record EmbeddingAnswer(
    ModelInfo Model, EmbeddingFields Fields, IReadOnlyList<ImageOutcome> Outcomes, IReadOnlyList<string> Hints);
