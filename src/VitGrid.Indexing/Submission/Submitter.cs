using Polly;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Submission;

/// <summary>How far a submission is.</summary>
/// <param name="Items">Items and malformed lines in the queue, those of an earlier run included.</param>
/// <param name="Obstacle">Why the submitter waits for the workers; null when it does not.</param>
public readonly record struct SubmissionProgress(long Items, string? Obstacle)
{
    /// <summary>Whether the submitter waits for the workers.</summary>
    public bool Waiting => Obstacle is not null;
}

/// <summary>
/// Puts a source into the queue page by page, each with the cursor of the source, so that a submission that was killed goes on where it
/// stopped. No more than a page is in memory.
/// </summary>
internal sealed class Submitter(JobStore jobs, RedisRetryPolicy retry, int maxEntries)
{
    private const int MaxItems = 500;
    private const int MaxLetters = 4_000_000;

    private static readonly Backoff Full = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    /// <summary>Called with each line that is no item.</summary>
    public Action<string> Malformed { get; init; } = _ => { };

    /// <summary>Called with each page.</summary>
    public Action<SubmissionProgress> Progress { get; init; } = _ => { };

    /// <summary>Submits what is not yet in the queue.</summary>
    /// <exception cref="IndexException">The source has changed since, the job was cancelled, or somebody else submits it too.</exception>
    public async Task RunAsync(IndexJob job, IEnumerable<SourceLine> source, CancellationToken cancellationToken)
    {
        using IEnumerator<SourceLine> lines = source.GetEnumerator();
        Skip(job, lines);
        long cursor = job.Cursor;
        while (Page(lines, cursor, job.Last ?? "") is { } page)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await AppendAsync(job, page, cancellationToken);
            (cursor, job) = (page.After, job with { Last = page.Last });
            Progress(new(cursor, null));
        }
        await retry.RunAsync(
            async () =>
            {
                await jobs.CompleteAsync(job.Id);
                return true;
            },
            cancellationToken);
        if (await retry.RunAsync(() => jobs.FindAsync(job.Id), cancellationToken) is { } whole && whole.Cursor < cursor)
            throw WentBack(job, whole.Cursor, cursor);
    }

    private static IndexException WentBack(IndexJob job, long kept, long taken) => new(
        $"the queue's Redis holds the first {kept} items of job '{job.Id}', of {taken} that it had taken: it went back, as in a fail-over "
            + "to a replica that had not got the rest. Run the same command again, which goes on from there; with Indexing:ConfirmReplicas "
            + "nothing is lost");

    private static void Skip(IndexJob job, IEnumerator<SourceLine> lines)
    {
        string last = "";
        for (long i = 0; i < job.Cursor; i++)
        {
            if (!lines.MoveNext())
                throw Changed(job, $"it ends after {i}");
            if (lines.Current.Fault is null)
                last = lines.Current.Uri;
        }
        if (job.Cursor > 0 && last != (job.Last ?? ""))
            throw Changed(job, "the last of them is another");
    }

    private static IndexException Changed(IndexJob job, string how) => new(
        $"the source of job '{job.Id}' has changed since its first {job.Cursor} items were submitted ({how}); cancel the job, and submit "
            + $"under another id");

    private SubmissionPage? Page(IEnumerator<SourceLine> lines, long cursor, string last)
    {
        List<(string Id, string Uri)> items = [];
        (int malformed, int letters) = (0, 0);
        while (items.Count < MaxItems && malformed < MaxItems && letters < MaxLetters && lines.MoveNext())
        {
            SourceLine line = lines.Current;
            if (line.Fault is { } fault)
            {
                malformed++;
                Malformed(fault);
                continue;
            }
            items.Add((line.Id, line.Uri));
            letters += line.Uri.Length;
        }
        return items.Count + malformed == 0
            ? null : new(cursor, cursor + items.Count + malformed, items.Count > 0 ? items[^1].Uri : last, malformed, items);
    }

    private async Task AppendAsync(IndexJob job, SubmissionPage page, CancellationToken cancellationToken)
    {
        ResiliencePipeline<(string Outcome, string Found)> whileFull = WhileFull(page);
        (string outcome, string found) = await whileFull.ExecuteAsync(
            async token => await retry.RunAsync(() => jobs.AppendAsync(job.Id, page, maxEntries), token), cancellationToken);
        if (IsFull(outcome))
            cancellationToken.ThrowIfCancellationRequested();
        if (outcome == "cursor" && long.TryParse(found, CultureInfo.InvariantCulture, out long kept) && kept < page.Before)
            throw WentBack(job, kept, page.Before);
        if (outcome == "cursor")
        {
            throw new IndexException(
                $"job '{job.Id}' is being submitted by another process too, which is at item {found}; let that one end");
        }
        if (outcome != "ok")
        {
            throw new IndexException(
                $"job '{job.Id}' is {found}: it was cancelled while it was being submitted; submit the rest under another id");
        }
    }

    /// <summary>Goes on asking while the workers have not made room.</summary>
    private ResiliencePipeline<(string Outcome, string Found)> WhileFull(SubmissionPage page) =>
        new ResiliencePipelineBuilder<(string Outcome, string Found)>().AddRetry(new()
        {
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = asked => new(asked.Outcome.Exception is null && IsFull(asked.Outcome.Result.Outcome)),
            DelayGenerator = asked => new(Full.After(asked.AttemptNumber + 1)),
            OnRetry = asked =>
            {
                Progress(new(page.Before, Obstacle(asked.Outcome.Result.Outcome, asked.Outcome.Result.Found)));
                return default;
            },
        }).Build();

    private static bool IsFull(string outcome) => outcome is "full" or "memory";

    private static string Obstacle(string outcome, string found) => outcome == "full"
        ? "the queue is full (Indexing:MaxLength)" : $"the queue's Redis is above 80 % of its maxmemory ({found} bytes)";
}
