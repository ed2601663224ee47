using System.Diagnostics;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

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
        EmbeddingKey key = request.Cache == CacheUse.Bypass
            ? default
            : EmbeddingKey.From(image.Model, image.Profile, image.Layer, request.Pooling, request.Image.Span);
        int ignored = image.IgnoredOrientation();
        Computed? found = _cache.Find(key, request.Cache);
        TimeSpan lookup = _time.Now() - began;
        _recorder.LookedUp(image, lookup);
        Computed computed = found ?? await ComputeInTimeAsync(image, key, cancellationToken);
        request.ImageOwner?.Dispose();
        if (computed.Lookup > TimeSpan.Zero)
            _recorder.LookedUp(image, computed.Lookup);
        EmbeddingTimings timings = new(lookup + computed.Lookup, computed.Decode, computed.Queue, computed.Infer);
        return new(computed.Vector, computed.FromCache, image.Model.Tokens, timings)
        {
            IgnoredOrientation = ignored,
        };
    }

    private Charge Admit(PreparedImage image)
    {
        try
        {
            return _admission.Admit(image.Model.Name, image.Request.Lane, image.Bytes);
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
                    key, image.Request.Cache, image.Remaining(_time.Now()), token => _computer.ComputeAsync(
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
