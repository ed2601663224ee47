using VitGrid.Indexing.Jobs;

namespace VitGrid.Indexing.Work;

/// <summary>
/// Finds jobs that can never add up, since entries were deleted behind the queue's back. A job is counted only when nothing of it has
/// moved for a while, and believed to be damaged only when the same is found a second time.
/// </summary>
/// <param name="quiet">How long nothing must have moved before each count.</param>
internal sealed class JobAudit(TimeSpan quiet)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Standing> _standings = [];

    /// <summary>Items of a running job that are nowhere; 0 while that is not certain.</summary>
    /// <param name="jobs">The jobs in Redis.</param>
    /// <param name="job">The job as it is now.</param>
    /// <param name="parked">Its items that are set aside.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends the count.</param>
    public async Task<long> MissingAsync(JobStore jobs, IndexJob job, long parked, TimeSpan now, CancellationToken cancellationToken)
    {
        Figures figures = new(job.Created, job.Total, job.Done, job.Dead, job.Cancelled, parked);
        if (!_standings.TryGetValue(job.Id, out Standing? standing) || standing.Figures != figures)
        {
            _standings[job.Id] = new(figures, now, 0, quiet);
            return 0;
        }
        if (now - standing.Since < standing.Wait)
            return 0;
        long missing = figures.Left - await jobs.OpenEntriesAsync(job.Id, cancellationToken);
        _standings[job.Id] = new(figures, now, missing, missing > 0 ? quiet : Longer(standing.Wait));
        return missing > 0 && missing == standing.Missing ? missing : 0;
    }

    /// <summary>A job that only waits for others is counted ever more rarely: a count reads the whole stream.</summary>
    private static TimeSpan Longer(TimeSpan wait) => wait < MaxWait / 2 ? wait * 2 : MaxWait > wait ? MaxWait : wait;

    private sealed record Standing(Figures Figures, TimeSpan Since, long Missing, TimeSpan Wait);

    private sealed record Figures(DateTimeOffset Created, long Total, long Done, long Dead, long Cancelled, long Parked)
    {
        public long Left => Total - Done - Dead - Cancelled - Parked;
    }
}
