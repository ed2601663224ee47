using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>The grid's front end: one image in, one vector out, through cache, decode pool, batcher and pipeline.</summary>
public sealed class Embedder
{
    private readonly RequestChecker _checker;
    private readonly Admission _admission;
    private readonly EmbeddingCache _cache;
    private readonly ImageComputer _computer;
    private readonly ImageRecorder _recorder;
    private readonly TimeProvider _time;

    /// <summary>Makes it of its steps; nothing is started.</summary>
    public Embedder(
        RequestChecker checker, Admission admission, EmbeddingCache cache, ImageComputer computer, ImageRecorder recorder,
        TimeProvider time)
    {
        _checker = checker;
        _admission = admission;
        _cache = cache;
        _computer = computer;
        _recorder = recorder;
        _time = time;
    }

    /// <summary>Whether <see cref="DrainAsync"/> was called.</summary>
    public bool IsDraining => _admission.IsClosed;

    /// <summary>Embeds one image.</summary>
    /// <exception cref="GridException">The request is refused.</exception>
    /// <exception cref="VitGrid.Runtime.Images.ImageException">The image is refused.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan began = _time.Now();
        PreparedImage image = _checker.Check(request, began);
        using Activity? span = GridTraces.Start("image", image.Model.Name)?.SetTag(GridTraces.RequestTag, request.RequestId);
        _recorder.Asked(image);
        try
        {
            EmbeddingResult result = await EmbedAsync(image, began, cancellationToken);
            _recorder.Embedded(image, result);
            return result;
        }
        catch (Exception exception)
        {
            _recorder.NotEmbedded(image, exception);
            throw;
        }
    }

    /// <summary>
    /// What a request like <paramref name="request"/>, whose image need not have arrived, would be refused with now if no cache held its
    /// image; null: it would be accepted.
    /// </summary>
    /// <exception cref="GridException">It names a model, layer or profile that is not served.</exception>
    public GridException? Foresee(EmbeddingRequest request)
    {
        TimeSpan now = _time.Now();
        return _admission.Refusal(_checker.Check(request, now), now);
    }

    /// <summary>
    /// Refuses every new request with <see cref="GridFault.Draining"/>; completes when all accepted ones are answered. The order of a
    /// shutdown: the front end closes, accepted images finish, the silo stops (its batchers empty), device threads end, weights are freed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Accepted requests were still running when <paramref name="cancellationToken"/> was
    /// signalled.</exception>
    public Task DrainAsync(CancellationToken cancellationToken) => _admission.CloseAsync().WaitAsync(cancellationToken);

    /// <summary>What is found costs neither memory nor a device: it is answered however full the grid is.</summary>
    private async Task<EmbeddingResult> EmbedAsync(PreparedImage image, TimeSpan began, CancellationToken cancellationToken)
    {
        EmbeddingRequest request = image.Request;
        if (IsDraining)
            throw Refusals.Draining();
        EmbeddingKey key = image.Cache == CacheUse.Bypass ? default : image.KeyFor(_cache.PerTenant ? request.Tenant : "");
        int ignored = image.IgnoredOrientation();
        Computed? found = _cache.Find(key, image.Cache);
        TimeSpan lookup = _time.Now() - began;
        _recorder.LookedUp(image, lookup);
        Computed computed = found ?? await ComputeInTimeAsync(image, key, cancellationToken);
        request.ImageOwner?.Dispose();
        if (computed.Lookup > TimeSpan.Zero)
            _recorder.LookedUp(image, computed.Lookup);
        EmbeddingTimings timings = new(lookup + computed.Lookup, computed.Decode, computed.Queue, computed.Infer);
        return ImageResult.From(image, computed, timings) with { IgnoredOrientation = ignored };
    }

    private Charge Admit(PreparedImage image)
    {
        try
        {
            return _admission.Admit(image.Model.Name, image.Request.Lane, image.Bytes, image.Request.Tenant, image.MaxInputs);
        }
        catch (GridException)
        {
            image.Request.ImageOwner?.Dispose();
            throw;
        }
    }

    private async Task<Computed> ComputeInTimeAsync(PreparedImage image, EmbeddingKey key, CancellationToken cancellationToken)
    {
        using Charge charge = Admit(image);
        using CancellationTokenSource deadline = new(image.Remaining(_time.Now()), _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await ComputeAsync(image, key, charge, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw Refusals.Expired(image.Timeout, exception);
        }
    }

    private async Task<Computed> ComputeAsync(PreparedImage image, EmbeddingKey key, Charge charge, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _cache.ComputeAsync(
                    key, image.Cache, image.Remaining(_time.Now()), token => _computer.ComputeAsync(
                        image, charge, token), cancellationToken);
            }
            catch (GridException exception) when (exception.Fault == GridFault.DeadlineExceeded && _time.Now() < image.Deadline)
            {
                // The flight's deadline was that of whoever began it; this caller has time left and begins again.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}

/// <summary>A request whose fields were checked against the model it names.</summary>
/// <param name="Request">As it came.</param>
/// <param name="Model">Ready.</param>
/// <param name="Profile">The request's, else the model's.</param>
/// <param name="Layer">0…L.</param>
/// <param name="Timeout">The request's, else the default.</param>
/// <param name="Deadline">On the <see cref="GridClock"/>.</param>
internal sealed record PreparedImage(
    EmbeddingRequest Request, ModelInfo Model, PreprocessProfile Profile, int Layer, TimeSpan Timeout, TimeSpan Deadline)
{
    /// <summary>
    /// What the cache may do: nothing where hidden states are asked for, which are hundreds of times as large as what it is made for.
    /// </summary>
    public CacheUse Cache => Request.Features is null or { IsVisual: true } ? Request.Cache : CacheUse.Bypass;

    /// <summary>Whether its visual tokens pass through the cache, which keeps them in single precision for every type asked for.</summary>
    public bool KeepsVisualTokens => Request.Features is { IsVisual: true } && Cache != CacheUse.Bypass;

    /// <summary>The pooling that was asked for, or the model's own.</summary>
    public Pooling Pooling => Request.Pooling ?? Model.Architecture.Poolings.Default;

    /// <summary>What tells it from others: the file, or a text's ids.</summary>
    public ReadOnlySpan<byte> Content => Request.Text is { } text ? text.Bytes : Request.Image.Span;

    /// <summary>Tokens that it becomes.</summary>
    public int Tokens(TileGrid grid) => Request.Text?.Count ?? (Model.Tokens * Math.Max(1, grid.Inputs));

    /// <summary>What it holds while it is in the grid: the file and its pixels.</summary>
    public long Bytes => Request.Image.Length
        + (Request.Form == ImageForm.File ? (long)MaxInputs * Model.InputSize.PixelBytes : Model.InputSize.PlaneBytes);

    /// <summary>What cache keys have in place of a profile where pixels were sent as planes; null: it is a file.</summary>
    private string? PlaneKey => Request.Form switch
    {
        ImageForm.SinglePlanes => "planes-fp32",
        ImageForm.HalfPlanes => "planes-fp16",
        _ => null,
    };

    /// <summary>Most encoder inputs that it becomes.</summary>
    public int MaxInputs => Request.Tiling is { } tiling ? tiling.MaxInputs : 1;

    /// <summary>What the cache knows it by; of a tenant of its own where <paramref name="tenant"/> is not empty.</summary>
    public EmbeddingKey KeyFor(string tenant) => (Request.Features, PlaneKey) switch
    {
        ({ }, _) => EmbeddingKey.ForVisualTokens(Model, Profile, Layer, Content, tenant),
        (_, { } planes) => EmbeddingKey.From(Model, planes, Layer, Pooling, Content, tenant),
        _ => EmbeddingKey.From(Model, Profile, Layer, Pooling, Content, tenant),
    };

    /// <summary>See <see cref="EmbeddingResult.IgnoredOrientation"/>; to be asked while the request's memory is held.</summary>
    public int IgnoredOrientation() =>
        Request is { Text: null, Form: ImageForm.File, Exif: null } && Profile.Exif == ExifOrientation.Ignore
            ? ExifTag.OrientationOf(Request.Image.Span) : 1;

    /// <summary>Time left, never negative.</summary>
    public TimeSpan Remaining(TimeSpan now) => now < Deadline ? Deadline - now : TimeSpan.Zero;
}

/// <summary>Checks a request's fields against the model it names. Thread-safe.</summary>
public sealed class RequestChecker(ModelCatalog catalog, GridOptions options)
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    /// <summary>Checks a request that came at <paramref name="now"/>.</summary>
    /// <exception cref="GridException">The model is not there or not ready, or a field is not one it serves.</exception>
    internal PreparedImage Check(EmbeddingRequest request, TimeSpan now)
    {
        ModelInfo model = TowerFor(request, catalog.Find(request.Model) ?? throw Refusals.NotFound(request.Model, catalog.Models));
        if (model.State != ModelState.Ready)
            throw Refusals.NotReady(model);
        int layers = model.Architecture.Depth + 1;
        if (request.Features?.Fault(model.FeatureShape, model.Architecture.Depth) is { } fault)
            throw new GridException(GridFault.InvalidRequest, fault);
        if (request.Tiling is not null && request.Features is { IsVisual: false })
            throw new GridException(
                GridFault.InvalidRequest, "tiling is for vectors and visual tokens alone; ask for no other features with it");
        if (ImagePlanes.Fault(request, model) is { } planes)
            throw new GridException(GridFault.InvalidRequest, planes);
        if (request.Layer < -layers || request.Layer >= layers)
            throw Refusals.NoSuchLayer(model, request.Layer);
        TimeSpan timeout = request.Timeout ?? TimeSpan.FromMilliseconds(options.Queue.DefaultTimeoutMilliseconds);
        if (timeout <= TimeSpan.Zero || timeout > MaxTimeout)
            throw Refusals.BadTimeout(timeout, MaxTimeout);
        int layer = request.Features?.Deepest ?? (request.Layer < 0 ? request.Layer + layers : request.Layer);
        if (request.Features is null && RefusalText.Pooling(model, layer, request.Pooling) is { } lack)
            throw new GridException(GridFault.InvalidRequest, lack);
        return new(request, model, ProfileOf(request, model), layer, timeout, now + timeout);
    }

    /// <summary>The tower that is asked: images and texts of one model have one each.</summary>
    private static ModelInfo TowerFor(EmbeddingRequest request, ModelInfo model)
    {
        if (request.Text is null)
            return model.TakesImages ? model : throw Refusals.TakesNoImage(model);
        ModelInfo tower = model.TextTower ?? throw Refusals.TakesNoText(model);
        bool asksForMore = request is { Features: not null } or { Tiling: not null } or { Preprocess: not null }
            || request.Pooling is not (null or Pooling.Head)
            || (request.Layer != -1 && request.Layer != tower.Architecture.Depth);
        return asksForMore ? throw Refusals.NotOfTexts(model) : tower;
    }

    private PreprocessProfile ProfileOf(EmbeddingRequest request, ModelInfo model)
    {
        try
        {
            PreprocessProfile profile = options.Profile(model, request.Preprocess, request.Exif);
            return request.Tiling is null ? profile : profile.WithTiling(request.Tiling);
        }
        catch (ArgumentException exception)
        {
            throw new GridException(
                GridFault.InvalidRequest, $"preprocess '{request.Preprocess}' for model '{model.Name}': {exception.Message}", exception);
        }
    }
}

/// <summary>
/// Counts the images that a front end was asked for, and logs what becomes of each: at Debug all of it, at Warning those that failed, in
/// at most one line a second. Any thread may call.
/// </summary>
public sealed partial class ImageRecorder(
    GridMetrics metrics, [FromKeyedServices(GridClock.Key)] TimeProvider time, ILogger<ImageRecorder> logger)
{
    private readonly ThrottledCount _failures = new(TimeSpan.FromSeconds(1));

    /// <summary>Notes that an image has passed its checks.</summary>
    internal void Asked(PreparedImage image) => LogAsked(image.Request.RequestId, image.Model.Name, image.Layer);

    /// <summary>Notes how long the caches were asked for it.</summary>
    internal void LookedUp(PreparedImage image, TimeSpan took) => metrics.Stage(image.Model.Name, "cache", took);

    /// <summary>Notes that it was answered.</summary>
    internal void Embedded(PreparedImage image, EmbeddingResult result)
    {
        metrics.Embedded(image.Model.Name, result.FromCache);
        if (result.FromCache)
            LogFound(image.Request.RequestId, image.Model.Name);
        else
            LogAnswered(image.Request.RequestId, image.Model.Name, result.Timings.Queue, result.Timings.Infer);
    }

    /// <summary>Notes that it was not answered.</summary>
    internal void NotEmbedded(PreparedImage image, Exception reason)
    {
        string outcome = metrics.NotEmbedded(image.Model.Name, reason);
        LogNotAnswered(image.Request.RequestId, image.Model.Name, outcome, reason.Message);
        if (outcome is "failed" or "expired" && _failures.Add(time.Now()) is { } images)
            LogFailed(images, image.Request.RequestId, image.Model.Name, outcome, reason.Message);
    }

    [LoggerMessage(4031, LogLevel.Debug, "Image of request {RequestId} is asked for: model {Model}, layer {Layer}")]
    private partial void LogAsked(string? requestId, string model, int layer);

    [LoggerMessage(4032, LogLevel.Debug, "Image of request {RequestId} is answered from the cache of model {Model}")]
    private partial void LogFound(string? requestId, string model);

    [LoggerMessage(4033, LogLevel.Debug, "Image of request {RequestId} is answered by model {Model}: waited {Queue}, computed {Infer}")]
    private partial void LogAnswered(string? requestId, string model, TimeSpan queue, TimeSpan infer);

    [LoggerMessage(4034, LogLevel.Debug, "Image of request {RequestId} is not answered by model {Model} ({Outcome}): {Reason}")]
    private partial void LogNotAnswered(string? requestId, string model, string outcome, string reason);

    [LoggerMessage(4035, LogLevel.Warning, "{Images} images were not answered since this was last said; the last one, of request "
        + "{RequestId} for model {Model}, has {Outcome}: {Reason}")]
    private partial void LogFailed(int images, string? requestId, string model, string outcome, string reason);
}
