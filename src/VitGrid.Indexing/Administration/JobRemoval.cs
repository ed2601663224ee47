using Polly;
using StackExchange.Redis;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Administration;

/// <summary>Forgets jobs that are over. What they have written, sinks and files, stays.</summary>
internal sealed class JobRemoval(QueueConnection connection, JobStore jobs, TimeProvider time)
{
    /// <summary>
    /// After a job's end for so long workers may hold what they know of it, and would take a new one of the same id for it.
    /// </summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    /// <summary>Asks twice a second for half a minute.</summary>
    private readonly ResiliencePipeline<string> _whileSettling = new ResiliencePipelineBuilder<string> { TimeProvider = time }
        .AddRetry(new()
        {
            MaxRetryAttempts = 60,
            Delay = TimeSpan.FromMilliseconds(500),
            ShouldHandle = new PredicateBuilder<string>().HandleResult("settling"),
        })
        .Build();

    /// <summary>
    /// Removes a job, and its batch; waits until workers have let go of one that was over a moment ago. False: there is none.
    /// </summary>
    /// <exception cref="IndexException">It is not over.</exception>
    public async Task<bool> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (!IndexKeys.IsName(id) && id != IndexKeys.NoJob)
            throw new IndexException($"'{id}' is no job id; 'vitgrid index status' lists the jobs there are");
        string outcome = await _whileSettling.ExecuteAsync(async _ => await TryAsync(id), cancellationToken);
        return outcome switch
        {
            "removed" => true,
            "gone" => false,
            "settling" => throw new IndexException(
                $"job '{id}' is over, but a worker is still writing a part of it; try again in a minute"),
            _ => throw new IndexException(
                $"job '{id}' is {outcome}, and only what is over can be removed: wait for its end, or give it up with 'vitgrid index "
                    + $"cancel {id}' and wait until the workers have acknowledged what is left"),
        };
    }

    /// <summary>Removes every job and batch that was over <paramref name="age"/> ago; gives how many.</summary>
    public async Task<int> RemoveOlderAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        DateTimeOffset before = time.GetUtcNow() - age;
        int removed = 0;
        foreach (string id in await IdsAsync())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await EndAsync(id) is { } end && end <= before && await TryAsync(id) == "removed")
                removed++;
        }
        return removed;
    }

    private async Task<string> TryAsync(string id)
    {
        RedisValue owner = await connection.Database.HashGetAsync(BatchStore.Key(id), "owner");
        string outcome = await RemoveAsync(id);
        if (outcome == "removed" && owner.HasValue)
            await BatchStore.ForgetAsync(connection.Database, id, owner!);
        return outcome;
    }

    private async Task<string> RemoveAsync(string id) => (string)(await connection.RunAsync(
        JobScripts.Remove,
        [
            IndexKeys.Job(id), IndexKeys.Dead(id), IndexKeys.Parked(id), IndexKeys.Intents(id), IndexKeys.Finisher(id), BatchStore.Key(
                id), BatchStore.Keeper(id),
            IndexKeys.Jobs, IndexKeys.Active, BatchStore.All, BatchStore.Open, IndexKeys.Stream, IndexKeys.Withdrawn(id),
        ],
        id,
        (long)Settled.TotalMilliseconds,
        await jobs.FindAsync(id) is { IsDamaged: true } ? 1 : 0))!;

    /// <summary>Every job, and every batch, which may have failed before it became one.</summary>
    private async Task<IReadOnlyCollection<string>> IdsAsync()
    {
        HashSet<string> ids = [];
        foreach (string set in (string[])[IndexKeys.Jobs, BatchStore.All])
        {
            await foreach (SortedSetEntry entry in connection.Database.SortedSetScanAsync(set))
                ids.Add(entry.Element!);
        }
        return ids;
    }

    /// <summary>When a job or batch was over; null while it is not.</summary>
    private async Task<DateTimeOffset?> EndAsync(string id)
    {
        if (await jobs.FindAsync(id) is { } job)
            return job.IsOver ? job.Finished ?? job.Created : null;
        return await BatchStore.ReadAsync(connection.Database, id) is { IsOver: true } batch
            ? DateTimeOffset.FromUnixTimeMilliseconds(batch.Reached.GetValueOrDefault(batch.Status, batch.Created))
            : null;
    }
}
