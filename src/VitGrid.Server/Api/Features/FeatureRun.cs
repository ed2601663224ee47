using System.Globalization;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Features;

/// <summary>
/// Computes the images of one request in order, some ahead of the one that is asked for next: as many as fit the window. Room for an image
/// is taken before it is computed and given back when the outcome is disposed. Used by one request.
/// </summary>
internal sealed class FeatureRun(StreamedRequest request, FeaturePlan plan, FeatureMemory memory, FeatureWindow window) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Queue<Task<FeatureOutcome>> _ahead = new();
    private int _begun;

    /// <summary>The next image's outcome; null after the last.</summary>
    /// <exception cref="Exception">The image failed, in whatever way, and the request is not <c>partial</c>.</exception>
    public async Task<FeatureOutcome?> NextAsync(CancellationToken cancellationToken)
    {
        while (_begun < plan.Images && (_ahead.Count == 0 || (_ahead.Count + 1) * plan.ImageBytes <= window.Bytes))
            _ahead.Enqueue(ComputeAsync(request.Request.Images[_begun++], cancellationToken));
        return _ahead.TryDequeue(out Task<FeatureOutcome>? next) ? await next : null;
    }

    /// <summary>Gives up what was not asked for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        foreach (Task<FeatureOutcome> task in _ahead)
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompletedSuccessfully)
                (await task).Dispose();
        }
        _ended.Dispose();
    }

    private async Task<FeatureOutcome> ComputeAsync(ImageInput image, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        IDisposable? room = null;
        try
        {
            if (image.Fault is { } unreadable)
                throw new ApiException(unreadable);
            room = await TakeAsync(either.Token);
            EmbeddingResult result = await request.EmbedAsync(image, plan.Order, either.Token);
            return new(result, null, room);
        }
        catch (Exception exception)
        {
            room?.Dispose();
            image.Owner?.Dispose();
            if (ErrorMapping.From(exception, image.Param) is not { } known)
                throw;
            bool isAlone = image.Fault is not null || ErrorMapping.ConcernsOneImage(exception);
            return request.Request.Fields.Partial && isAlone
                ? new(null, known with { Param = image.Param }, null)
                : throw new ApiException(known);
        }
    }

    private async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        long bytes = Math.Min(plan.WorkBytes(request.Request.Fields.Cache), memory.Limit);
        TimeSpan limit = request.Request.Fields.Timeout ?? window.Wait;
        using CancellationTokenSource late = new(limit);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await memory.TakeAsync(bytes, either.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new GridException(GridFault.Overloaded, string.Create(CultureInfo.InvariantCulture,
                $"{memory.Held} bytes of features wait for clients to take them, and the {bytes} of an image found no room "
                    + $"within {limit.TotalMilliseconds:0} ms (limit {memory.Limit}, VitGrid:Features:HeldBytes); retry later"), exception);
        }
    }
}

/// <summary>How far a request is computed ahead.</summary>
/// <param name="Bytes">Bytes of features that it holds at once, unless an image alone has more.</param>
/// <param name="Wait">How long an image waits for room where the request names no time.</param>
internal readonly record struct FeatureWindow(long Bytes, TimeSpan Wait);

/// <summary>What became of one image, and the room that it takes.</summary>
/// <param name="Result">Its features; null: it failed.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Room">Given back with it.</param>
internal sealed record FeatureOutcome(EmbeddingResult? Result, ApiError? Error, IDisposable? Room) : IDisposable
{
    /// <summary>As other answers have it.</summary>
    public ImageOutcome Image => new(Result, Error);

    /// <inheritdoc/>
    public void Dispose()
    {
        Result?.Features?.Dispose();
        Room?.Dispose();
    }
}
