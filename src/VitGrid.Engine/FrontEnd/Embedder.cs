using System.Diagnostics;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.FrontEnd;

/// <summary>The grid's front door: one image in, one vector out, through cache, decode pool, batcher and pipeline.</summary>
public sealed class Embedder
{
    private readonly PrepareImage _prepare;
    private readonly Admission _admission;
    private readonly EmbeddingCache _cache;
    private readonly ImageComputer _computer;
    private readonly GridMetrics _metrics;
    private readonly TimeProvider _time;

    internal Embedder(
        PrepareImage prepare, Admission admission, EmbeddingCache cache, ImageComputer computer, GridMetrics metrics, TimeProvider time)
    {
        _prepare = prepare;
        _admission = admission;
        _cache = cache;
        _computer = computer;
        _metrics = metrics;
        _time = time;
    }

    /// <summary>Whether <see cref="DrainAsync"/> was called.</summary>
    public bool IsDraining => _admission.IsClosed;

    /// <summary>Embeds one image.</summary>
    /// <exception cref="GridException">The request is refused.</exception>
    /// <exception cref="VitGrid.Runtime.Images.ImageException">The image is refused.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public async Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellation.ThrowIfCancellationRequested();
        TimeSpan began = _time.Now();
        PreparedImage image = _prepare(request, began);
        using Activity? span = GridTraces.Start("image", image.Model.Name);
        try
        {
            EmbeddingResult result = await EmbedAsync(image, began, cancellation);
            _metrics.Embedded(image.Model.Name, result.FromCache);
            return result;
        }
        catch (Exception failure)
        {
            _metrics.NotEmbedded(image.Model.Name, failure);
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
        return _admission.Refusal(_prepare(request, now), now);
    }

    /// <summary>
    /// Refuses every new request with <see cref="GridFault.Draining"/>; completes when all accepted ones are answered. The order of a
    /// shutdown: the door closes, accepted images finish, the silo stops (its batchers empty), device threads end, weights are freed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Accepted requests were still running when <paramref name="cancellation"/> was signalled.</exception>
    public Task DrainAsync(CancellationToken cancellation) => _admission.CloseAsync().WaitAsync(cancellation);

    /// <summary>What is found costs neither memory nor a device: it is answered however full the grid is.</summary>
    private async Task<EmbeddingResult> EmbedAsync(PreparedImage image, TimeSpan began, CancellationToken cancellation)
    {
        EmbeddingRequest request = image.Request;
        if (IsDraining)
            throw Refusals.Draining();
        EmbeddingKey key = request.Cache == CacheUse.Bypass
            ? default
            : EmbeddingKey.Of(image.Model, image.Profile, image.Layer, request.Pooling, request.Image.Span);
        int ignored = image.IgnoredOrientation();
        Computed? found = _cache.Find(key, request.Cache);
        TimeSpan lookup = _time.Now() - began;
        _metrics.Stage(image.Model.Name, "cache", lookup);
        Computed computed = found ?? await ComputeInTimeAsync(image, key, cancellation);
        request.ImageOwner?.Dispose();
        if (computed.Lookup > TimeSpan.Zero)
            _metrics.Stage(image.Model.Name, "cache", computed.Lookup);
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

    private async Task<Computed> ComputeInTimeAsync(PreparedImage image, EmbeddingKey key, CancellationToken cancellation)
    {
        using Charge charge = Admit(image);
        using CancellationTokenSource deadline = new(image.Remaining(_time.Now()), _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            return await ComputeAsync(image, key, charge, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw Refusals.Expired(image.Timeout, late);
        }
    }

    private async Task<Computed> ComputeAsync(PreparedImage image, EmbeddingKey key, Charge charge, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await _cache.ComputeAsync(
                    key, image.Request.Cache, image.Remaining(_time.Now()), token => _computer.ComputeAsync(image, charge, token), cancellation);
            }
            catch (GridException other) when (other.Fault == GridFault.DeadlineExceeded && _time.Now() < image.Deadline)
            {
                // The flight's deadline was that of whoever began it; this caller has time left and begins again.
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
