using System.Threading.Channels;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>An item's way: fetch, embed in the bulk lane, into the part that gathers; or to where its failure belongs.</summary>
internal sealed class ItemRunner(
    IndexedGrid grid, ByteGate bytes, Pressure pressure, Settlement settlement, Backoff backoff, int maxAttempts)
{
    // Bulk work may wait long; what holds the entry renews it.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    /// <summary>Does not fail. When it returns, the item is in a part, settled, or left to others.</summary>
    public async Task RunAsync(JobRun run, IndexItem item, CancellationToken cancellationToken)
    {
        using CancellationTokenSource interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Interrupted);
        using JobRun.UnderWay _ = run.Begin();
        try
        {
            EmbeddingResult result = await EmbedAsync(run, item, interrupted.Token);
            await run.AddAsync(new(item, Finish(run, result), result.Origin), interrupted.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Left to others.
        }
        catch (Exception) when (interrupted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await SetAsideAsync(run, item, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            settlement.Forget([item.Entry]);
        }
        catch (ChannelClosedException)
        {
            // The job was over for this worker and has begun again: the entry is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
        catch (Exception exception)
        {
            await EndAsync(run, item, FaultOf(run, item, exception), cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Where even that failed it is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
    }

    private async Task<EmbeddingResult> EmbedAsync(JobRun run, IndexItem item, CancellationToken cancellationToken)
    {
        for (int attempt = 1, busy = 1; ;)
        {
            try
            {
                EmbeddingResult result = await EmbedOnceAsync(run, item, cancellationToken);
                pressure.Accepted();
                return result;
            }
            catch (Exception exception) when (exception is not OperationCanceledException && !run.Job.IsCancelled && ItemFault.From(
                exception).Kind == FaultKind.Busy)
            {
                pressure.Refused();
                await Task.Delay(backoff.After(busy++), cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException && attempt < maxAttempts && ItemFault.From(
                exception).Kind == FaultKind.Transient)
            {
                settlement.Retried();
                await Task.Delay(backoff.After(attempt++, ItemFault.From(exception).Wait), cancellationToken);
            }
        }
    }

    private async Task<EmbeddingResult> EmbedOnceAsync(JobRun run, IndexItem item, CancellationToken cancellationToken)
    {
        ImageSource source = await BoundedReads.RunAsync(
            () => Task.FromResult(grid.Fetch.Find(item.Uri, run.Job.IsFromHttp)), cancellationToken);
        using ByteGate.Held room = await bytes.EnterAsync(source.Bytes, cancellationToken);
        byte[] image = await BoundedReads.RunAsync(() => source.Read(cancellationToken), cancellationToken);
        room.Shrink(image.Length);
        EmbeddingRequest request = run.Job.Settings.Request(image, Timeout, item.RequestId);
        return await grid.Embed(item.Anew ? request with { Cache = CacheUse.Refresh } : request, cancellationToken);
    }

    private static float[] Finish(JobRun run, EmbeddingResult result) =>
        run.Job.Settings.Normalize ? UnitLength.Normalize(result.Vector.Span) : result.Vector.ToArray();

    /// <summary>No client hears of files what only the operator may know; the grid's own faults tell nothing of them.</summary>
    private ItemFault FaultOf(JobRun run, IndexItem item, Exception exception)
    {
        ItemFault fault = ItemFault.From(exception);
        bool isOfFile = run.Job.IsFromHttp && HttpFiles.IsOne(item.Uri) && exception is not GridException;
        return isOfFile && grid.Fetch.TakesHttpFiles ? HttpFiles.Conceal(fault) : fault;
    }

    private Task SetAsideAsync(JobRun run, IndexItem item, CancellationToken cancellationToken) => run.Job.IsCancelled
        ? settlement.SkipAsync(run.Id, [item], cancellationToken)
        : settlement.DeferAsync(run.Id, run.Obstacle ?? "the job does not go on", [item], cancellationToken);

    private async Task EndAsync(JobRun run, IndexItem item, ItemFault fault, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.NoModel:
                run.OnObstacle(fault.Message);
                await settlement.DeferAsync(run.Id, fault.Message, [item], cancellationToken);
                break;
            case FaultKind.Busy or FaultKind.Leaving when run.Job.IsCancelled:
                await settlement.SkipAsync(run.Id, [item], cancellationToken);
                break;
            case FaultKind.Busy or FaultKind.Leaving:
                await settlement.ReleaseAsync([item.Entry], cancellationToken);
                break;
            default:
                await settlement.DeadLetterAsync(run.Id, [(item, fault)], cancellationToken);
                run.OnEnded();
                break;
        }
    }
}
