using System.Threading.Channels;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>An item's way: fetch, embed in the bulk lane, into the part that gathers; or to where its failure belongs.</summary>
internal sealed class ItemRunner(IndexedGrid grid, ByteGate bytes, Pressure pressure, Settlement settlement, Backoff backoff, int mostAttempts)
{
    // Bulk work may wait long; what holds the entry renews it.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    /// <summary>Does not fail. When it returns, the item is in a part, settled, or left to others.</summary>
    public async Task RunAsync(JobRun run, IndexItem item, CancellationToken stop)
    {
        using CancellationTokenSource interrupted = CancellationTokenSource.CreateLinkedTokenSource(stop, run.Interrupted);
        using JobRun.UnderWay _ = run.Begin();
        try
        {
            await run.AddAsync(new(item, await EmbedAsync(run, item, interrupted.Token)), interrupted.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Left to others.
        }
        catch (Exception) when (interrupted.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            await SetAsideAsync(run, item, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            settlement.Forget([item.Entry]);
        }
        catch (ChannelClosedException)
        {
            // The job was over for this worker and has begun again: the entry is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
        catch (Exception failure)
        {
            await EndAsync(run, item, ItemFault.Of(failure), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Where even that failed it is taken over once it has been silent.
            settlement.Forget([item.Entry]);
        }
    }

    private async Task<float[]> EmbedAsync(JobRun run, IndexItem item, CancellationToken stop)
    {
        for (int attempt = 1, busy = 1; ;)
        {
            try
            {
                float[] vector = await EmbedOnceAsync(run, item, stop);
                pressure.Accepted();
                return vector;
            }
            catch (Exception failure) when (failure is not OperationCanceledException && !run.Job.IsCancelled && ItemFault.Of(failure).Kind == FaultKind.Busy)
            {
                pressure.Refused();
                await Task.Delay(backoff.After(busy++), stop);
            }
            catch (Exception failure) when (failure is not OperationCanceledException && attempt < mostAttempts && ItemFault.Of(failure).Kind == FaultKind.Transient)
            {
                settlement.Retried();
                await Task.Delay(backoff.After(attempt++, ItemFault.Of(failure).Wait), stop);
            }
        }
    }

    private async Task<float[]> EmbedOnceAsync(JobRun run, IndexItem item, CancellationToken stop)
    {
        ImageSource source = await BoundedReads.RunAsync(() => Task.FromResult(grid.Fetch.Find(item.Uri)), stop);
        using ByteGate.Held room = await bytes.EnterAsync(source.Bytes, stop);
        byte[] image = await BoundedReads.RunAsync(() => source.Read(stop), stop);
        room.Shrink(image.Length);
        EmbeddingResult result = await grid.Embed(run.Job.Settings.Request(image, Timeout), stop);
        return run.Job.Settings.Normalize ? UnitLength.Of(result.Vector.Span) : result.Vector.ToArray();
    }

    private Task SetAsideAsync(JobRun run, IndexItem item, CancellationToken stop) => run.Job.IsCancelled
        ? settlement.SkipAsync(run.Id, [item], stop)
        : settlement.DeferAsync(run.Id, run.Obstacle ?? "the job does not go on", [item], stop);

    private async Task EndAsync(JobRun run, IndexItem item, ItemFault fault, CancellationToken stop)
    {
        switch (fault.Kind)
        {
            case FaultKind.NoModel:
                run.OnObstacle(fault.Message);
                await settlement.DeferAsync(run.Id, fault.Message, [item], stop);
                break;
            case FaultKind.Busy or FaultKind.Leaving when run.Job.IsCancelled:
                await settlement.SkipAsync(run.Id, [item], stop);
                break;
            case FaultKind.Busy or FaultKind.Leaving:
                await settlement.ReleaseAsync([item.Entry], stop);
                break;
            default:
                await settlement.DeadLetterAsync(run.Id, [(item, fault)], stop);
                run.OnEnded();
                break;
        }
    }
}
