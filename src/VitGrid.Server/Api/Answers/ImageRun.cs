using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>What became of one image: a result or an error.</summary>
internal readonly record struct ImageOutcome(EmbeddingResult? Result, ApiError? Error);

/// <summary>
/// Runs all images of one request at once; how many really compute is the grid's decision. When one failure fails the request, the
/// images after it are cancelled and those before it still decide: the lowest failing index is reported, whatever finished first. A refusal
/// that is about the moment (a full queue) cancels all of them: nothing is computed for a request that will be sent again.
/// </summary>
internal sealed class ImageRun(Func<ImageInput, CancellationToken, Task<EmbeddingResult>> embed, bool partial)
{
    private CancellationTokenSource[] _sources = [];
    private ApiError? _refusal;

    /// <summary>One outcome an image, in order; without <c>partial</c> each has a result.</summary>
    /// <exception cref="ApiException">An image's refusal fails the request.</exception>
    public async Task<ImageOutcome[]> RunAsync(IReadOnlyList<ImageInput> images, CancellationToken cancellationToken)
    {
        if (!partial && images.FirstOrDefault(image => image.Fault is not null).Fault is { } unreadable)
            throw new ApiException(unreadable);
        _sources = [.. images.Select(_ => new CancellationTokenSource())];
        await using (cancellationToken.UnsafeRegister(run => ((ImageRun)run!).CancelFrom(0), this))
        {
            Task<ImageOutcome>[] running = [.. images.Select((image, i) => EmbedAsync(image, i))];
            // Not WhenAll's exception: it is the first in time, ours is the first in order.
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return _refusal is null ? await InOrderAsync(running) : throw new ApiException(_refusal);
        }
    }

    private async Task<ImageOutcome> EmbedAsync(ImageInput image, int index)
    {
        if (image.Fault is { } unreadable)
            return new(null, unreadable);
        try
        {
            return new(await embed(image, _sources[index].Token), null);
        }
        catch (Exception exception) when (partial && ErrorMapping.ConcernsOneImage(exception))
        {
            return new(null, ErrorMapping.From(exception, image.Param)! with { Param = image.Param });
        }
        catch (Exception exception)
        {
            ApiError? known = ErrorMapping.From(exception, image.Param);
            bool ofTheMoment = known is not null && ErrorMapping.IsWorthRetrying(known);
            if (ofTheMoment)
                Interlocked.CompareExchange(ref _refusal, known, null);
            CancelFrom(ofTheMoment ? 0 : index + 1);
            if (known is null)
                throw;
            throw new ApiException(known);
        }
    }

    private void CancelFrom(int index)
    {
        foreach (CancellationTokenSource source in _sources.AsSpan(index))
            source.Cancel();
    }

    /// <summary>
    /// Awaiting in order throws the lowest failure: an image is only ever cancelled by one before it, or with the whole request.
    /// </summary>
    private static async Task<ImageOutcome[]> InOrderAsync(Task<ImageOutcome>[] running)
    {
        ImageOutcome[] outcomes = new ImageOutcome[running.Length];
        for (int i = 0; i < running.Length; i++)
            outcomes[i] = await running[i];
        if (outcomes.All(outcome => outcome.Result is null) && outcomes[0].Error is { } error && ErrorMapping.IsWorthRetrying(error))
            throw new ApiException(error with { Param = null });
        return outcomes;
    }
}
