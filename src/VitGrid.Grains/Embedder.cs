using System.Diagnostics;
using VitGrid.Grains.Batching;
using VitGrid.Grains.Caching;
using VitGrid.Grains.Telemetry;

namespace VitGrid.Grains;

/// <summary>The grid's front door: one picture in, one vector out, through cache, decode pool, batcher and pipeline.</summary>
public sealed class Embedder
{
    private readonly PreparePicture _prepare;
    private readonly Admission _admission;
    private readonly EmbeddingCache _cache;
    private readonly PictureComputer _computer;
    private readonly GridMetrics _metrics;
    private readonly TimeProvider _time;

    internal Embedder(
        PreparePicture prepare, Admission admission, EmbeddingCache cache, PictureComputer computer, GridMetrics metrics, TimeProvider time)
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

    /// <summary>Embeds one picture.</summary>
    /// <exception cref="GridException">The request is refused.</exception>
    /// <exception cref="VitGrid.Runtime.Images.ImageException">The picture is refused.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public async Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellation.ThrowIfCancellationRequested();
        TimeSpan began = _time.Now();
        PreparedPicture picture = _prepare(request, began);
        using Activity? span = GridTraces.Start("picture", picture.Model.Name);
        try
        {
            EmbeddingResult result = await EmbedAsync(picture, began, cancellation);
            _metrics.Embedded(picture.Model.Name, result.FromCache);
            return result;
        }
        catch (Exception failure)
        {
            _metrics.NotEmbedded(picture.Model.Name, failure);
            throw;
        }
    }

    /// <summary>
    /// What a request like <paramref name="request"/>, whose picture need not have arrived, would be refused with now if no cache held its
    /// picture; null: it would be accepted.
    /// </summary>
    /// <exception cref="GridException">It names a model, layer or profile that is not served.</exception>
    public GridException? Foresee(EmbeddingRequest request)
    {
        TimeSpan now = _time.Now();
        return _admission.Refusal(_prepare(request, now), now);
    }

    /// <summary>
    /// Refuses every new request with <see cref="GridFault.Draining"/>; completes when all accepted ones are answered. The order of a
    /// shutdown: the door closes, accepted pictures finish, the silo stops (its batchers empty), device threads end, weights are freed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Accepted requests were still running when <paramref name="cancellation"/> was signalled.</exception>
    public Task DrainAsync(CancellationToken cancellation) => _admission.CloseAsync().WaitAsync(cancellation);

    /// <summary>What is found costs neither memory nor a device: it is answered however full the grid is.</summary>
    private async Task<EmbeddingResult> EmbedAsync(PreparedPicture picture, TimeSpan began, CancellationToken cancellation)
    {
        EmbeddingRequest request = picture.Request;
        if (IsDraining)
            throw Refusals.Draining();
        EmbeddingKey key = request.Cache == CacheUse.Bypass
            ? default
            : EmbeddingKey.Of(picture.Model, picture.Profile, picture.Layer, request.Pooling, request.Image.Span);
        int ignored = picture.IgnoredOrientation();
        Computed? found = _cache.Find(key, request.Cache);
        TimeSpan lookup = _time.Now() - began;
        _metrics.Stage(picture.Model.Name, "cache", lookup);
        Computed computed = found ?? await ComputeInTimeAsync(picture, key, cancellation);
        request.ImageOwner?.Dispose();
        if (computed.Lookup > TimeSpan.Zero)
            _metrics.Stage(picture.Model.Name, "cache", computed.Lookup);
        EmbeddingTimings timings = new(lookup + computed.Lookup, computed.Decode, computed.Queue, computed.Infer);
        return new(computed.Vector, computed.FromCache, picture.Model.Tokens, timings)
        {
            IgnoredOrientation = ignored,
        };
    }

    private Charge Admit(PreparedPicture picture)
    {
        try
        {
            return _admission.Admit(picture.Model.Name, picture.Request.Lane, picture.Bytes);
        }
        catch (GridException)
        {
            picture.Request.ImageOwner?.Dispose();
            throw;
        }
    }

    private async Task<Computed> ComputeInTimeAsync(PreparedPicture picture, EmbeddingKey key, CancellationToken cancellation)
    {
        using Charge charge = Admit(picture);
        using CancellationTokenSource deadline = new(picture.Remaining(_time.Now()), _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            return await ComputeAsync(picture, key, charge, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw Refusals.Expired(picture.Timeout, late);
        }
    }

    private async Task<Computed> ComputeAsync(PreparedPicture picture, EmbeddingKey key, Charge charge, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await _cache.ComputeAsync(
                    key, picture.Request.Cache, picture.Remaining(_time.Now()), token => _computer.ComputeAsync(picture, charge, token), cancellation);
            }
            catch (GridException other) when (other.Fault == GridFault.DeadlineExceeded && _time.Now() < picture.Deadline)
            {
                // The flight's deadline was that of whoever began it; this caller has time left and begins again.
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
