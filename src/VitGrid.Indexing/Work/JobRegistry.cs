using System.Collections.Concurrent;
using VitGrid.Indexing.Jobs;

namespace VitGrid.Indexing.Work;

/// <summary>The jobs this worker has met and that are not over.</summary>
internal sealed class JobRegistry(JobStore jobs, Func<IndexJob, JobRun> start) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<JobRun>> _runs = new();

    /// <summary>The job's run here; null when there is no such job, or nothing of it can be read.</summary>
    public async Task<JobRun?> FindAsync(string job)
    {
        if (_runs.TryGetValue(job, out Lazy<JobRun>? known))
            return known.Value;
        return await jobs.FindAsync(job) is { IsDamaged: false } found ? _runs.GetOrAdd(job, _ => new(() => start(found))).Value : null;
    }

    /// <summary>Looks at every job that is not over and can be read; ends the runs of the others.</summary>
    public async Task<IReadOnlyList<JobRun>> RefreshAsync()
    {
        List<JobRun> active = [];
        foreach (string id in await jobs.ActiveAsync())
        {
            if (await jobs.FindAsync(id) is not { IsDamaged: false } job)
                continue;
            // Removed and made anew while this worker was cut off from Redis: the run is the old job's.
            if (_runs.TryGetValue(id, out Lazy<JobRun>? known) && known.Value.Job.Created != job.Created)
                await EndAsync(id);
            if (await FindAsync(id) is { } run)
            {
                run.Job = job;
                active.Add(run);
            }
        }
        foreach (string over in _runs.Keys.Except(active.Select(run => run.Id)))
            await EndIfOverAsync(over);
        return active;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_runs.Keys.Select(EndAsync));

    /// <summary>A job that is not among the active ones may have been made a moment ago.</summary>
    private async Task EndIfOverAsync(string id)
    {
        if (await jobs.FindAsync(id) is not { IsOver: false })
            await EndAsync(id);
    }

    private async Task EndAsync(string id)
    {
        if (_runs.TryRemove(id, out Lazy<JobRun>? run))
            await run.Value.DisposeAsync();
    }
}
