using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Engine.Timing;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>Looks after jobs as a whole: lets go on what was set aside, finishes the sink of what is complete.</summary>
internal sealed partial class Finisher(
    JobStore jobs, JobRegistry book, Func<bool> isLoading, string consumer, TimeSpan stallAfter, TimeProvider time,
    ILogger<Finisher> logger)
{
    private readonly ConcurrentDictionary<string, Task> _finishing = new();
    private readonly JobAudit _audit = new(stallAfter);
    private readonly Dictionary<string, string> _told = [];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (JobRun run in await book.RefreshAsync())
        {
            try
            {
                await LookAsync(run, cancellationToken);
                _told.Remove(run.Id);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !RedisRetryPolicy.IsAway(exception))
            {
                await TellFaultAsync(run, exception);
            }
        }
    }

    private async Task LookAsync(JobRun run, CancellationToken cancellationToken)
    {
        run.InterruptWhereIdle();
        long parked = await jobs.ParkedAsync(run.Id);
        if (parked > 0 || run.Job.Problem is not null || run.Obstacle is not null || isLoading())
            await TellAsync(run, parked, cancellationToken);
        if (run.Job.IsComplete)
            Finish(run, 0, cancellationToken);
        else if (run.Job.State == "running" && await _audit.MissingAsync(
            jobs, run.Job, parked, time.Now(), cancellationToken) is var missing and > 0)
            Finish(run, missing, cancellationToken);
    }

    /// <summary>What is wrong with one job, such as a key of it that holds something else, is that job's alone. Told once.</summary>
    private async Task TellFaultAsync(JobRun run, Exception exception)
    {
        if (_told.GetValueOrDefault(run.Id) == exception.Message)
            return;
        _told[run.Id] = exception.Message;
        LogFault(run.Id, exception.Message);
        await jobs.SetProblemAsync(run.Id, consumer, $"it cannot be looked after: {exception.Message}")
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Waits for sinks that are being finished.</summary>
    public async Task EndAsync() => await Task.WhenAll(_finishing.Values);

    /// <summary>
    /// Items that were set aside are skipped by whoever reads them, if the job was cancelled; else they wait until nothing is in their way.
    /// </summary>
    private async Task TellAsync(JobRun run, long parked, CancellationToken cancellationToken)
    {
        string? problem = run.Job.IsCancelled ? null : await run.ProblemAsync(cancellationToken);
        if (problem is null && await jobs.UnparkAsync(run.Id, cancellationToken) is var moved and > 0)
            LogUnparked(moved, run.Id);
        else if (problem is null && parked == 0)
            run.Forgive();
        await jobs.SetProblemAsync(run.Id, consumer, problem ?? run.Obstacle);
    }

    /// <summary>A sink may take long; other jobs are looked after meanwhile.</summary>
    private void Finish(JobRun run, long missing, CancellationToken cancellationToken)
    {
        if (!_finishing.ContainsKey(run.Id))
            _finishing[run.Id] = Task.Run(() => FinishAsync(run, missing, cancellationToken), CancellationToken.None);
    }

    /// <summary>Does not fail.</summary>
    private async Task FinishAsync(JobRun run, long missing, CancellationToken cancellationToken)
    {
        try
        {
            Lease lease = jobs.Finisher(run.Id, consumer);
            if (await lease.TryTakeAsync())
                await lease.HoldAsync(held => FinishAsync(run, missing, lease, held), cancellationToken);
        }
        catch (Exception exception) when (exception is SinkException or IOException)
        {
            LogNotFinished(run.Id, exception.Message);
            string problem = $"the sink cannot be finished: {exception.Message}";
            run.OnObstacle(problem);
            await jobs.SetProblemAsync(run.Id, consumer, problem).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            // The process ends, or another worker finishes it now.
        }
        catch (Exception exception) when (RedisRetryPolicy.IsAway(exception) || exception is RedisException)
        {
            LogNotFinished(run.Id, exception.Message);
        }
        finally
        {
            _finishing.TryRemove(run.Id, out _);
        }
    }

    private async Task FinishAsync(JobRun run, long missing, Lease lease, CancellationToken held)
    {
        if (!await jobs.IsSettledAsync(run.Id, missing))
            return;
        SinkSummary summary = new(run.Id, run.Job.Done, run.Job.Dead, run.Job.Cancelled, run.Job.Created, time.GetUtcNow());
        if (run.Job is { Done: > 0 } or { Total: 0, IsCancelled: false })
            await FinishSinkAsync(run, summary, held);
        string state = await jobs.FinishAsync(run.Id, lease, missing);
        run.OnEnded();
        if (missing > 0)
            LogDamaged(run.Id, state, missing);
        LogFinished(run.Id, state, run.Job.Done, run.Job.Dead, run.Job.Cancelled);
    }

    /// <summary>A job that was cancelled ends although its sink does not answer.</summary>
    private async Task FinishSinkAsync(JobRun run, SinkSummary summary, CancellationToken held)
    {
        try
        {
            await run.Sink.FinishAsync(summary, held);
        }
        catch (SinkException exception) when (run.Job.IsCancelled)
        {
            LogNotFinished(run.Id, exception.Message);
        }
    }

    [LoggerMessage(6021, LogLevel.Information, "{Items} items of job {Job} that were set aside go on")]
    private partial void LogUnparked(long items, string job);

    [LoggerMessage(6022, LogLevel.Information, "Job {Job} is {State}: {Done} done, {Dead} dead, {Cancelled} cancelled")]
    private partial void LogFinished(string job, string state, long done, long dead, long cancelled);

    [LoggerMessage(6023, LogLevel.Error,
        "Job {Job} does not add up and is {State}: {Missing} of its items are neither accounted for nor in the queue")]
    private partial void LogDamaged(string job, string state, long missing);

    [LoggerMessage(6024, LogLevel.Warning, "Job {Job} is complete, but its sink is not yet: {Reason}")]
    private partial void LogNotFinished(string job, string reason);

    [LoggerMessage(6025, LogLevel.Error, "Job {Job} cannot be looked after, the others are: {Reason}")]
    private partial void LogFault(string job, string reason);
}
