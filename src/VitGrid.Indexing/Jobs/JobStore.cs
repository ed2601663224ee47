using StackExchange.Redis;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Jobs;

/// <summary>The jobs in Redis: made, read, moved along.</summary>
public sealed class JobStore(QueueConnection connection, TimeProvider time)
{
    private const int Page = 500;

    private IDatabase Redis => connection.Database;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Null when there is no such job; a damaged one where its hash is none of a job.</summary>
    internal async Task<IndexJob?> FindAsync(string job) => IndexJob.From(job, await Redis.HashOrNullAsync(IndexKeys.Job(job)));

    /// <summary>Ids of jobs that are not over.</summary>
    internal async Task<string[]> ActiveAsync() => [.. (await Redis.SetMembersAsync(IndexKeys.Active)).Select(id => (string)id!)];

    /// <summary>Ids of the newest jobs.</summary>
    internal async Task<string[]> NewestAsync(int most) =>
        [.. (await Redis.SortedSetRangeByRankAsync(IndexKeys.Jobs, 0, most - 1, Order.Descending)).Select(id => (string)id!)];

    /// <summary>Makes a job; false when there is one of that id.</summary>
    internal async Task<bool> CreateAsync(string job, JobSettings settings, string fingerprint)
    {
        IEnumerable<(string, string)> fields = settings.Fields()
            .Concat([("state", "submitting"), ("total", "0"), ("done", "0"), ("dead", "0"), ("cancelled", "0"), ("malformed", "0")])
            .Concat([("cursor", "0"), ("fingerprint", fingerprint), ("created", Now.ToString(CultureInfo.InvariantCulture))]);
        return (bool)await connection.RunConfirmedAsync(
            JobScripts.Create,
            [IndexKeys.Job(job), IndexKeys.Jobs, IndexKeys.Active],
            [job, Now, .. fields.SelectMany(field => new RedisValue[] { field.Item1, field.Item2 })]);
    }

    /// <summary>Adds a page of a submission; gives what became of it and what was found instead.</summary>
    internal async Task<(string Outcome, string Found)> AppendAsync(string job, SubmissionPage page, int maxEntries)
    {
        var answer = (string[])(await connection.RunConfirmedAsync(
            JobScripts.Append,
            [IndexKeys.Job(job), IndexKeys.Stream, IndexKeys.Parked(job)],
            [job, page.Before, page.After, page.Last, page.Malformed, maxEntries, .. page.Items.SelectMany(
                item => new RedisValue[] { item.Id, item.Uri })]))!;
        return (answer[0], answer[1]);
    }

    internal Task CompleteAsync(string job) => connection.RunConfirmedAsync(JobScripts.Complete, [IndexKeys.Job(job)]);

    /// <summary>Gives up what is left of a job; false when nothing is.</summary>
    internal async Task<bool> CancelAsync(string job) => (bool)await connection.RunAsync(JobScripts.Cancel, [IndexKeys.Job(job)]);

    /// <summary>
    /// Whether every item is accounted for, in what replicas have too: only then may a sink be finished, which no fail-over takes back.
    /// </summary>
    internal async Task<bool> IsSettledAsync(string job, long missing) =>
        (bool)await connection.RunConfirmedAsync(JobScripts.Settled, [IndexKeys.Job(job)], missing);

    /// <summary>Marks a job finished of which nothing is left but what is <paramref name="missing"/>; gives its state.</summary>
    internal async Task<string> FinishAsync(string job, Lease finisher, long missing = 0) => (string)(await connection.RunAsync(
        JobScripts.Finish,
        [IndexKeys.Job(job), IndexKeys.Active, IndexKeys.Finisher(job)],
        job, Now, finisher.Token, missing,
        $"{missing} of its items are neither done, dead, cancelled nor in the queue: entries were deleted behind its back"))!;

    /// <summary>Puts all dead letters back into the stream; gives how many.</summary>
    internal Task<long> RetryAsync(string job, CancellationToken cancellationToken) =>
        ReturnAsync(job, IndexKeys.Dead(job), "dead", cancellationToken);

    /// <summary>Puts all parked items back into the stream; gives how many.</summary>
    internal Task<long> UnparkAsync(string job, CancellationToken cancellationToken) =>
        ReturnAsync(job, IndexKeys.Parked(job), "parked", cancellationToken);

    /// <summary>
    /// Puts the items of a part that is being taken out of the sink into the stream again; gives how many, 0 where that was done before,
    /// below 0 where it cannot be.
    /// </summary>
    internal async Task<long> WithdrawAsync(string job, string part, IEnumerable<(string Id, string Uri)> items) =>
        (long)await connection.RunConfirmedAsync(
            JobScripts.Withdraw,
            [IndexKeys.Job(job), IndexKeys.Stream, IndexKeys.Active, IndexKeys.Intents(job), IndexKeys.Withdrawn(job)],
            [job, part, Now, .. items.SelectMany(item => new RedisValue[] { item.Id, item.Uri })]);

    internal Task<long> ParkedAsync(string job) => Redis.StreamLengthAsync(IndexKeys.Parked(job));

    /// <summary>The right to finish a job, which one worker at a time has.</summary>
    internal Lease Finisher(string job, string consumer) =>
        new(connection, IndexKeys.Finisher(job), $"{consumer}:{Guid.NewGuid():n}", TimeSpan.FromMinutes(1));

    /// <summary>Says why a job does not go on, as <paramref name="consumer"/> sees it; null: it sees nothing in its way.</summary>
    internal Task SetProblemAsync(string job, string consumer, string? problem) => problem is null
        ? connection.RunAsync(JobScripts.Clear, [IndexKeys.Job(job)], consumer)
        : connection.RunAsync(JobScripts.Tell, [IndexKeys.Job(job)], consumer, problem);

    /// <summary>Counts the job's entries in the stream that are not acknowledged.</summary>
    internal async Task<long> OpenEntriesAsync(string job, CancellationToken cancellationToken)
    {
        (long open, string from) = (0, "-");
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RedisResult page = await connection.RunAsync(JobScripts.Census, [IndexKeys.Stream, IndexKeys.Settled], job, from, Page);
            open += (long)page[0];
            if ((string)page[1]! is not { Length: > 0 } last)
                return open;
            from = $"({last}";
        }
    }

    /// <summary>The dead letters, oldest first.</summary>
    internal async IAsyncEnumerable<DeadLetter> DeadAsync(string job)
    {
        RedisValue from = "-";
        while (true)
        {
            StreamEntry[] page = await Redis.StreamRangeAsync(IndexKeys.Dead(job), from, "+", Page);
            foreach (StreamEntry entry in page)
                yield return DeadLetter.From(job, entry);
            if (page.Length < Page)
                yield break;
            from = $"({page[^1].Id}";
        }
    }

    private async Task<long> ReturnAsync(string job, RedisKey from, string kind, CancellationToken cancellationToken)
    {
        long moved = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long page = (long)await connection.RunAsync(
                Scripts.Return, [from, IndexKeys.Stream, IndexKeys.Job(job), IndexKeys.Active], job, Page, kind);
            moved += page;
            if (page < Page)
                return moved;
        }
    }
}

/// <summary>An item that was given up, and why.</summary>
public readonly record struct DeadLetter(string Id, string Uri, string Code, string Message, string RequestId)
{
    /// <summary>Reads a letter of <paramref name="job"/>; those of earlier builds do not say their request.</summary>
    internal static DeadLetter From(string job, StreamEntry entry)
    {
        string id = entry["id"]!;
        return new(id, entry["uri"]!, entry["code"]!, entry["message"]!, (string?)entry["request_id"] ?? RequestLabel.ForItem(job, id));
    }
}

/// <summary>A piece of a submission, added with its cursor or not at all.</summary>
/// <param name="Before">Cursor before it.</param>
/// <param name="After">Cursor after it: items and malformed lines of the source so far.</param>
/// <param name="Last">Uri of its last item.</param>
/// <param name="Malformed">Lines that were no items.</param>
/// <param name="Items">The items.</param>
internal sealed record SubmissionPage(long Before, long After, string Last, int Malformed, IReadOnlyList<(string Id, string Uri)> Items);
