using Microsoft.Extensions.Logging;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>
/// Writes parts so that each row is in the sink exactly once, wherever this process dies: the intent is noted while the entries are this
/// worker's own, the sink takes the part as a whole, and only then are the entries acknowledged. Whoever takes entries over asks the sink
/// what became of their part.
/// </summary>
internal sealed partial class PartWriter(
    IndexQueue queue, JobStore jobs, Settlement settlement, RedisRetryPolicy retry, Backoff backoff, ILogger<PartWriter> logger)
{
    private int _sequence;

    /// <summary>
    /// Writes rows, as often as it takes; returns when each is settled or no longer this worker's, or <paramref name="cancellationToken"/>
    /// is signalled.
    /// </summary>
    public async Task WriteAsync(JobRun run, PartRow[] rows, CancellationToken cancellationToken)
    {
        // An entry that was lost and taken over again may have been worked on twice.
        rows = [.. rows.DistinctBy(row => row.Item.Entry)];
        try
        {
            for (int attempt = 1; rows.Length > 0; attempt++)
            {
                string part = string.Create(CultureInfo.InvariantCulture, $"{queue.Consumer}-{Interlocked.Increment(ref _sequence)}");
                rows = await IntendAsync(run, part, rows, cancellationToken);
                if (rows.Length > 0 && await TryWriteAsync(run, part, rows, cancellationToken) is { } fault)
                {
                    rows = await AfterFailureAsync(run, rows, fault, attempt, cancellationToken);
                    continue;
                }
                // The sink has answered: nobody reads them any more. Elsewhere one that is frozen may, and they are left to the collector.
                foreach (PartRow row in rows)
                    row.Features?.Set.Dispose();
                return;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is not settled is left to others, who find the intent.
        }
        catch (Exception exception)
        {
            // Redis is of another opinion: the stream was deleted, say. What is still there is taken over once it has been silent.
            LogLeft(rows.Length, run.Id, exception.Message);
            settlement.Forget(rows.Select(row => row.Item.Entry));
        }
    }

    private async Task<PartRow[]> IntendAsync(JobRun run, string part, PartRow[] rows, CancellationToken cancellationToken)
    {
        while (rows.Length > 0)
        {
            string[] lost = await retry.RunAsync(
                () => queue.IntendAsync(run.Id, part, rows.Select(row => row.Item.Entry)), cancellationToken);
            if (lost.Length == 0)
                break;
            LogLost(lost.Length, run.Id);
            settlement.Forget(lost);
            rows = [.. rows.ExceptBy(lost, row => row.Item.Entry)];
        }
        return rows;
    }

    /// <summary>Null when the part is in the sink and settled; else why it is not, and never will be.</summary>
    private async Task<SinkException?> TryWriteAsync(JobRun run, string part, PartRow[] rows, CancellationToken cancellationToken)
    {
        SinkException? fault = await StoreAsync(run, part, rows, cancellationToken);
        if (fault is not null && await AbortAsync(run, part, cancellationToken))
            return fault;
        int done = await retry.RunAsync(() => queue.SettleAsync(run.Id, part), cancellationToken);
        settlement.Done(done, rows.Select(row => row.Item.Entry));
        run.OnEnded();
        return null;
    }

    private static async Task<SinkException?> StoreAsync(JobRun run, string part, PartRow[] rows, CancellationToken cancellationToken)
    {
        SinkRow[] written = [.. rows.Select(row => row.Row)];
        try
        {
            await run.Sink.UseAsync(
                async (sink, token) =>
                {
                    await sink.PrepareAsync(part, written, token);
                    await sink.CommitAsync(part, written, token);
                    return true;
                },
                cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return exception as SinkException ?? new SinkException(SinkFault.Unavailable, exception.Message, exception);
        }
    }

    /// <summary>True: the part will never be there. False: it is there after all. Asks until the sink answers.</summary>
    private async Task<bool> AbortAsync(JobRun run, string part, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (!await run.Sink.UseAsync((sink, token) => sink.TryAbortAsync(part, token), cancellationToken))
                    return false;
                await retry.RunAsync(() => queue.DropIntentAsync(run.Id, part), cancellationToken);
                return true;
            }
            catch (Exception exception) when (exception is SinkException or IOException && run.Job.IsCancelled)
            {
                // Nobody waits for its rows: whether they are there or not, they are skipped.
                await retry.RunAsync(() => queue.DropIntentAsync(run.Id, part), cancellationToken);
                return true;
            }
            catch (Exception exception) when (exception is SinkException or IOException)
            {
                await ReportAsync(run, exception.Message, attempt, cancellationToken);
            }
        }
    }

    private async Task<PartRow[]> AfterFailureAsync(
        JobRun run, PartRow[] rows, SinkException fault, int attempt, CancellationToken cancellationToken)
    {
        if (fault.Fault == SinkFault.PartAborted)
            return rows;
        if (fault.Fault == SinkFault.RowRefused && rows.FirstOrDefault(row => row.Item.Id == fault.RowId) is { Vector: not null } refused)
        {
            await settlement.DeadLetterAsync(
                run.Id, [(refused.Item, ItemFault.Poison(ApiCode.RowRefused, fault.Message))], cancellationToken);
            return [.. rows.Where(row => row.Item.Entry != refused.Item.Entry)];
        }
        await ReportAsync(run, fault.Message, attempt, cancellationToken);
        if (!run.Job.IsCancelled)
            return rows;
        await settlement.SkipAsync(run.Id, [.. rows.Select(row => row.Item)], cancellationToken);
        run.OnEnded();
        return [];
    }

    private async Task ReportAsync(JobRun run, string problem, int attempt, CancellationToken cancellationToken)
    {
        LogSink(run.Id, attempt, problem);
        run.OnObstacle(problem);
        await retry.RunAsync(
            async () =>
            {
                await jobs.SetProblemAsync(run.Id, queue.Consumer, problem);
                return true;
            },
            cancellationToken);
        await Task.Delay(backoff.After(attempt), cancellationToken);
    }

    [LoggerMessage(6041, LogLevel.Warning, "{Lost} entries of job {Job} were taken over by another worker and are left to it")]
    private partial void LogLost(int lost, string job);

    [LoggerMessage(6042, LogLevel.Error, "{Count} rows of job {Job} could not be written and are left in the queue: {Reason}")]
    private partial void LogLeft(int count, string job, string reason);

    [LoggerMessage(6043, LogLevel.Warning, "The sink of job {Job} does not take a part (try {Attempt}); its items are kept: {Reason}")]
    private partial void LogSink(string job, int attempt, string reason);
}
