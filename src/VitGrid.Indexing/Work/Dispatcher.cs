using Microsoft.Extensions.Logging;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>Says of entries that came from the queue what becomes of each: worked on, waived, set aside, or buried.</summary>
internal sealed partial class Dispatcher(
    JobRegistry book, HeldEntries held, Settlement settlement, int maxDeliveries, ILogger<Dispatcher> logger)
{
    /// <summary>Begins work on an item.</summary>
    public required Action<JobRun, IndexItem> Begin { get; init; }

    /// <summary>
    /// Takes entries that this worker owns; gives how many did not begin, so that their credits are free again. Does not fail.
    /// </summary>
    public async Task<int> TakeAsync(IndexItem[] items, CancellationToken cancellationToken)
    {
        int begun = 0;
        IndexItem[] mine = [.. items.Where(item => held.Add(item.Entry))];
        foreach (IGrouping<string, IndexItem> group in mine.GroupBy(item => IndexKeys.IsName(item.Job) && item.IsWhole ? item.Job : ""))
        {
            try
            {
                begun += await TakeAsync(group.Key, [.. group], cancellationToken);
            }
            catch (Exception exception)
            {
                // They are taken over again once they have been silent.
                held.Remove(group.Select(item => item.Entry));
                if (!cancellationToken.IsCancellationRequested)
                    LogLeft(group.Count(), group.Key, exception.Message);
            }
        }
        return items.Length - begun;
    }

    private async Task<int> TakeAsync(string job, IndexItem[] items, CancellationToken cancellationToken)
    {
        if (job.Length == 0)
            return await DeadLetterAsync(
                IndexKeys.NoJob, items, ApiCode.InvalidEntry,
                "the entry lacks one of the fields job, id and uri, or its job is no name; see docs/indexing.md", cancellationToken);
        if (await book.FindAsync(job) is not { } run)
            return await DeadLetterAsync(
                job, items, ApiCode.JobNotFound,
                $"there is no job '{job}', or its hash is not that of a job with model and sink; make it before its items",
                cancellationToken);
        IndexItem[] poison = [.. items.Where(item => item.Deliveries > maxDeliveries)];
        if (poison.Length > 0)
            await DeadLetterAsync(job, poison, ApiCode.KilledWorkers,
                $"{maxDeliveries} workers were lost while they had it (Indexing:MaxDeliveries)", cancellationToken);
        return await TakeAsync(run, [.. items.Except(poison)], cancellationToken);
    }

    private async Task<int> TakeAsync(JobRun run, IndexItem[] items, CancellationToken cancellationToken)
    {
        if (items.Length == 0)
            return 0;
        if (run.Job.IsCancelled)
        {
            await settlement.SkipAsync(run.Id, items, cancellationToken);
            return 0;
        }
        if (await run.ProblemAsync(cancellationToken) is { } problem)
        {
            await settlement.DeferAsync(run.Id, problem, items, cancellationToken);
            return 0;
        }
        IndexItem[] tried = [.. items.Take(run.MaxBeginning)];
        foreach (IndexItem item in tried)
            Begin(run, item);
        if (tried.Length < items.Length)
            await settlement.DeferAsync(run.Id, run.Obstacle ?? "the job does not go on", [.. items.Skip(tried.Length)], cancellationToken);
        return tried.Length;
    }

    private async Task<int> DeadLetterAsync(string job, IndexItem[] items, string code, string message, CancellationToken cancellationToken)
    {
        await settlement.DeadLetterAsync(job, [.. items.Select(item => (item, ItemFault.Poison(code, message)))], cancellationToken);
        return 0;
    }

    [LoggerMessage(6011, LogLevel.Warning, "{Count} entries of job '{Job}' could not be begun and are left in the queue: {Reason}")]
    private partial void LogLeft(int count, string job, string reason);
}
