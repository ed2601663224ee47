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
        try
        {
            await run.AddAsync(new(item, await EmbedAsync(run, item, stop)), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Left to others.
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
        ImageSource source = grid.Fetch.Find(item.Uri);
        using ByteGate.Held room = await bytes.EnterAsync(source.Bytes, stop);
        byte[] image = await source.Read(stop);
        room.Shrink(image.Length);
        EmbeddingResult result = await grid.Embed(run.Job.Settings.Request(image, Timeout), stop);
        return run.Job.Settings.Normalize ? UnitLength.Of(result.Vector.Span) : result.Vector.ToArray();
    }

    private Task EndAsync(JobRun run, IndexItem item, ItemFault fault, CancellationToken stop) => fault.Kind switch
    {
        FaultKind.NoModel => settlement.ParkAsync(run.Id, fault.Message, [item], stop),
        FaultKind.Busy or FaultKind.Leaving when run.Job.IsCancelled => settlement.WaiveAsync(run.Id, [item], stop),
        FaultKind.Busy or FaultKind.Leaving => settlement.ReleaseAsync([item.Entry], stop),
        _ => settlement.BuryAsync(run.Id, [(item, fault)], stop),
    };
}
