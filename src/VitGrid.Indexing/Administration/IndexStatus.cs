using VitGrid.Indexing.Jobs;

namespace VitGrid.Indexing.Administration;

/// <summary>The queue and its jobs at one moment.</summary>
public sealed record IndexStatus
{
    /// <summary>Entries in the stream: waiting, under way, or not yet trimmed.</summary>
    public required long Entries { get; init; }

    /// <summary>Entries that nobody has read: KEDA's figure. Null where Redis does not know it.</summary>
    public required long? Lag { get; init; }

    /// <summary>Entries that were read and are not yet acknowledged.</summary>
    public required long Pending { get; init; }

    /// <summary>The workers that the group knows, also those that are gone.</summary>
    public required IReadOnlyList<IndexWorkerStatus> Workers { get; init; }

    /// <summary>The jobs, newest first.</summary>
    public required IReadOnlyList<JobStatus> Jobs { get; init; }
}

/// <summary>A worker of the group.</summary>
/// <param name="Worker">Its name there.</param>
/// <param name="Pending">What it has read and not yet acknowledged.</param>
/// <param name="IdleMilliseconds">Time since it last asked for something.</param>
public sealed record IndexWorkerStatus(string Worker, int Pending, long IdleMilliseconds);

/// <summary>A job as people and programs see it.</summary>
public sealed record JobStatus
{
    /// <summary>The job's id.</summary>
    public required string Job { get; init; }

    /// <summary>submitting, running, cancelling, cancelled, finished or damaged.</summary>
    public required string State { get; init; }

    /// <summary>The model that computes its vectors.</summary>
    public required string Model { get; init; }

    /// <summary>Where its vectors go, without a password.</summary>
    public required string Sink { get; init; }

    /// <summary>Items submitted so far.</summary>
    public required long Total { get; init; }

    /// <summary>Items whose vector is in the sink.</summary>
    public required long Done { get; init; }

    /// <summary>Items that became dead letters.</summary>
    public required long Dead { get; init; }

    /// <summary>Items that were given up with the job.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Set aside: see <see cref="Problem"/>.</summary>
    public required long Parked { get; init; }

    /// <summary>Items put back, ever, because a device had computed them wrong; they count as done once they are made anew.</summary>
    public required long Again { get; init; }

    /// <summary>Lines of its source that were no items.</summary>
    public required long Malformed { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When its last item ended; null before.</summary>
    public required DateTimeOffset? Finished { get; init; }

    /// <summary>Items that ended a second, over the job's whole time so far.</summary>
    public required double PerSecond { get; init; }

    /// <summary>Why nothing goes on; null when it does.</summary>
    public required string? Problem { get; init; }

    /// <summary>Since when nothing goes on; null where nobody knows.</summary>
    public required DateTimeOffset? ProblemSince { get; init; }

    /// <summary>Items of a damaged job that are nowhere.</summary>
    public required long Missing { get; init; }

    /// <summary>Items that came to an end.</summary>
    public long Ended() => Done + Dead + Cancelled;

    /// <summary>Whether its state will not change any more.</summary>
    public bool IsOver() => State is "finished" or "cancelled" or "damaged";

    internal static JobStatus From(IndexJob job, long parked, Func<string, string> shownSink, DateTimeOffset now)
    {
        double seconds = ((job.Finished ?? now) - job.Created).TotalSeconds;
        long ended = job.Done + job.Dead + job.Cancelled;
        return new()
        {
            Job = job.Id,
            State = job is { State: "running", IsCancelled: true } ? "cancelling" : job.State,
            Model = job.Settings.Model,
            Sink = shownSink(job.Settings.Sink),
            Total = job.Total,
            Done = job.Done,
            Dead = job.Dead,
            Cancelled = job.Cancelled,
            Parked = parked,
            Again = job.Again,
            Malformed = job.Malformed,
            Created = job.Created,
            Finished = job.Finished,
            PerSecond = seconds > 0 ? Math.Round(ended / seconds, 2) : 0,
            Problem = job.Problem,
            ProblemSince = job.Problem is null ? null : job.ProblemSince,
            Missing = job.Missing,
        };
    }
}
