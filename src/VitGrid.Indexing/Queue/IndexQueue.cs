using StackExchange.Redis;
using VitGrid.Indexing.Items;

namespace VitGrid.Indexing.Queue;

/// <summary>The stream as one worker sees it: reads, renews, takes over and settles entries under its own name.</summary>
internal sealed class IndexQueue(QueueConnection connection, string consumer)
{
    /// <summary>Name of this worker in the group: no other process, living or dead, has it.</summary>
    public string Consumer { get; } = consumer;

    private IDatabase Redis => connection.Database;

    /// <summary>New entries, which are this worker's from now on.</summary>
    public async Task<IndexItem[]> ReadAsync(int most) =>
        [.. (await Redis.StreamReadGroupAsync(IndexKeys.Stream, IndexKeys.Group, Consumer, StreamPosition.NewMessages, most)).Select(
            IndexItem.From)];

    /// <summary>Takes over entries that nobody touched for <paramref name="idle"/>.</summary>
    public async Task<IndexItem[]> ClaimAsync(TimeSpan idle, int most)
    {
        var rows = (RedisResult[])(await connection.RunAsync(
            Scripts.Claim, [IndexKeys.Stream], Consumer, (long)idle.TotalMilliseconds, most))!;
        return [.. rows.Select(ItemOf)];
    }

    /// <summary>
    /// Notes that <paramref name="part"/> is about to be written; gives the entries that are no longer this worker's, and then nothing was
    /// noted. Replicas have the note before anything is written: whoever finds the entries again asks the sink by it.
    /// </summary>
    public async Task<string[]> IntendAsync(string job, string part, IEnumerable<string> entries) =>
        (string[])(await connection.RunConfirmedAsync(
            Scripts.Intend, [IndexKeys.Stream, IndexKeys.Intents(job)], [Consumer, part, .. Values(entries)]))!;

    /// <summary>Acknowledges and counts the entries of a committed part; gives how many were still open.</summary>
    public async Task<int> SettleAsync(string job, string part) =>
        (int)await connection.RunAsync(
            Scripts.Settle, [IndexKeys.Stream, IndexKeys.Intents(job), IndexKeys.Job(job), IndexKeys.Settled], part);

    /// <summary>Forgets a part that was aborted.</summary>
    public Task<bool> DropIntentAsync(string job, string part) => Redis.HashDeleteAsync(IndexKeys.Intents(job), part);

    /// <summary>The parts of a job that are being written, by whomever: part → entries.</summary>
    public async Task<IReadOnlyDictionary<string, string[]>> IntentsAsync(string job) =>
        (await Redis.HashGetAllAsync(IndexKeys.Intents(job))).ToDictionary(
            field => (string)field.Name!, field => ((string)field.Value!).Split(','));

    /// <summary>Sends entries to the dead letters; gives how many were this worker's to send.</summary>
    public async Task<int> DeadLetterAsync(string job, IEnumerable<(IndexItem Item, ItemFault Fault)> entries) =>
        (int)await connection.RunAsync(
        Scripts.DeadLetter,
        [IndexKeys.Stream, IndexKeys.Job(job), IndexKeys.Dead(job), IndexKeys.Settled],
        [Consumer, .. entries.SelectMany(entry => Values([
            entry.Item.Entry, entry.Item.Id, entry.Item.Uri, entry.Fault.Code, entry.Fault.Message, entry.Item.RequestId]))]);

    /// <summary>Acknowledges entries of a cancelled job without work.</summary>
    public async Task<int> SkipAsync(string job, IEnumerable<IndexItem> items) => (int)await connection.RunAsync(
        Scripts.Skip, [IndexKeys.Stream, IndexKeys.Job(job), IndexKeys.Settled], [Consumer, .. Values(items.Select(item => item.Entry))]);

    /// <summary>Sets entries aside that nobody can work on now, and says why in the job's status.</summary>
    public Task DeferAsync(string job, string reason, IEnumerable<IndexItem> items) => connection.RunAsync(
        Scripts.Defer,
        [IndexKeys.Stream, IndexKeys.Parked(job), IndexKeys.Job(job), IndexKeys.Settled],
        [Consumer, reason, .. items.SelectMany(
            item => new RedisValue[] { item.Entry, item.Id, item.Uri, item.Lost, item.Anew ? "1" : "0" })]);

    /// <summary>Shows that this worker is still at work on <paramref name="entries"/>; gives those that others have taken over.</summary>
    public async Task<string[]> RenewAsync(IEnumerable<string> entries) =>
        (string[])(await connection.RunAsync(Scripts.Renew, [IndexKeys.Stream], [Consumer, .. Values(entries)]))!;

    /// <summary>Lets others take <paramref name="entries"/> at once: they look as if nobody had touched them for a day.</summary>
    public Task ReleaseAsync(IEnumerable<string> entries) => LeaveAsync(TimeSpan.FromDays(1), entries);

    /// <summary>
    /// Leaves <paramref name="entries"/> to whoever takes them over once they have been silent, and does not count that this worker had
    /// them.
    /// </summary>
    public Task ForgiveAsync(IEnumerable<string> entries) => LeaveAsync(TimeSpan.Zero, entries);

    /// <summary>Trims what is done and gives the stream's state.</summary>
    public async Task<StreamState> UpkeepAsync()
    {
        var figures = (long[])(await connection.RunAsync(Scripts.Upkeep, [IndexKeys.Stream, IndexKeys.Settled]))!;
        return new(figures[0], figures[1], figures[2] < 0 ? null : figures[2]);
    }

    private Task<RedisResult> LeaveAsync(TimeSpan idle, IEnumerable<string> entries) =>
        connection.RunAsync(Scripts.Leave, [IndexKeys.Stream], [Consumer, (long)idle.TotalMilliseconds, .. Values(entries)]);

    private static IEnumerable<RedisValue> Values(IEnumerable<string> texts) => texts.Select(text => (RedisValue)text);

    private static IndexItem ItemOf(RedisResult row)
    {
        var fields = (string[])row[1]!;
        return IndexItem.From((string)row[0]!, fields.Chunk(2).Select(pair => (pair[0], pair[1])), (int)row[2]);
    }
}
