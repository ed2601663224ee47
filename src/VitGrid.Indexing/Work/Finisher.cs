using Microsoft.Extensions.Logging;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>Looks after jobs as a whole: lets go on what was set aside, finishes the sink of what is complete.</summary>
internal sealed partial class Finisher(JobStore jobs, JobBook book, string consumer, TimeProvider time, ILogger<Finisher> logger)
{
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (JobRun run in await book.RefreshAsync())
        {
            if (await jobs.ParkedAsync(run.Id) > 0 || run.Job.Problem is not null)
                await UnparkAsync(run, cancellationToken);
            if (run.Job.IsComplete)
                await FinishAsync(run, cancellationToken);
        }
    }

    /// <summary>
    /// Items that were set aside are waived by whoever reads them, if the job was cancelled; else they wait until nothing is in their way.
    /// </summary>
    private async Task UnparkAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (!run.Job.IsCancelled && await run.Sink.ProblemAsync(cancellationToken) is not null)
            return;
        if (await jobs.UnparkAsync(run.Id, cancellationToken) is var moved and > 0)
            LogUnparked(moved, run.Id);
        else
            await jobs.SetProblemAsync(run.Id, null);
    }

    private async Task FinishAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (!await jobs.TryLockFinishAsync(run.Id, consumer))
            return;
        try
        {
            SinkSummary summary = new(run.Id, run.Job.Done, run.Job.Dead, run.Job.Cancelled, run.Job.Created, time.GetUtcNow());
            if (run.Job.Done > 0)
            {
                await run.Sink.UseAsync(
                    async sink =>
                    {
                        await sink.FinishAsync(summary, cancellationToken);
                        return true;
                    },
                    cancellationToken);
            }
            LogFinished(run.Id, await jobs.FinishAsync(run.Id), run.Job.Done, run.Job.Dead, run.Job.Cancelled);
        }
        catch (Exception exception) when (exception is SinkException or IOException)
        {
            LogNotFinished(run.Id, exception.Message);
            await jobs.SetProblemAsync(run.Id, $"the sink cannot be finished: {exception.Message}");
        }
        finally
        {
            await jobs.UnlockFinishAsync(run.Id);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Items} items of job {Job} that were set aside go on")]
    private partial void LogUnparked(long items, string job);

    [LoggerMessage(LogLevel.Information, "Job {Job} is {State}: {Done} done, {Dead} dead, {Cancelled} cancelled")]
    private partial void LogFinished(string job, string state, long done, long dead, long cancelled);

    [LoggerMessage(LogLevel.Warning, "Job {Job} is complete, but its sink is not yet: {Reason}")]
    private partial void LogNotFinished(string job, string reason);
}
