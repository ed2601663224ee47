using VitGrid.Grains;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>What became of one picture: a result or an error.</summary>
internal readonly record struct PictureOutcome(EmbeddingResult? Result, ApiError? Error);

/// <summary>
/// Runs all pictures of a request at once; how many really compute is the grid's decision. When one failure fails the request, the
/// pictures after it are cancelled and those before it still decide: the lowest failing index is reported, whatever finished first.
/// </summary>
internal sealed class PictureRun(EmbedPicture embed, bool partial)
{
    /// <summary>One outcome a picture, in order; without <c>partial</c> each has a result.</summary>
    /// <exception cref="ApiException">A picture's refusal fails the request.</exception>
    public async Task<PictureOutcome[]> RunAsync(
        IReadOnlyList<PictureInput> pictures, Func<PictureInput, EmbeddingRequest> toRequest, CancellationToken cancellation)
    {
        if (!partial && pictures.FirstOrDefault(picture => picture.Fault is not null).Fault is { } unreadable)
            throw new ApiException(unreadable);
        CancellationTokenSource[] sources =
            [.. pictures.Select(_ => CancellationTokenSource.CreateLinkedTokenSource(cancellation))];
        try
        {
            Task<PictureOutcome>[] running = [.. pictures.Select((picture, i) => EmbedAsync(picture, toRequest, sources, i))];
            // Not WhenAll's exception: it is the first in time, ours is the first in order.
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return await InOrderAsync(running);
        }
        finally
        {
            foreach (CancellationTokenSource source in sources)
                source.Dispose();
        }
    }

    private async Task<PictureOutcome> EmbedAsync(
        PictureInput picture, Func<PictureInput, EmbeddingRequest> toRequest, CancellationTokenSource[] sources, int index)
    {
        if (picture.Fault is { } unreadable)
            return new(null, unreadable);
        try
        {
            return new(await embed(toRequest(picture), sources[index].Token), null);
        }
        catch (Exception refusal) when (partial && ErrorTable.ConcernsOnePicture(refusal))
        {
            return new(null, ErrorTable.Of(refusal, picture.Param)! with { Param = picture.Param });
        }
        catch (Exception failure)
        {
            await CancelAfterAsync(sources, index);
            if (ErrorTable.Of(failure, picture.Param) is { } known)
                throw new ApiException(known);
            throw;
        }
    }

    private static async Task CancelAfterAsync(CancellationTokenSource[] sources, int index)
    {
        foreach (CancellationTokenSource later in sources.AsSpan(index + 1).ToArray())
            await later.CancelAsync();
    }

    /// <summary>Awaiting in order throws the lowest failure: a picture is only ever cancelled by one before it, or with the whole request.</summary>
    private static async Task<PictureOutcome[]> InOrderAsync(Task<PictureOutcome>[] running)
    {
        PictureOutcome[] outcomes = new PictureOutcome[running.Length];
        for (int i = 0; i < running.Length; i++)
            outcomes[i] = await running[i];
        if (outcomes.All(outcome => outcome.Result is null) && outcomes[0].Error is { } error && ErrorTable.Row(error.Code).RetryAfterSeconds is not null)
            throw new ApiException(error with { Param = null });
        return outcomes;
    }
}
