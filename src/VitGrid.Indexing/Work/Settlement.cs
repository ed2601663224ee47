using Microsoft.Extensions.Logging;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>How entries end: in Redis, among what this worker holds, and in the counters.</summary>
internal sealed partial class Settlement(
    IndexQueue queue, HeldEntries held, RedisRetryPolicy retry, IndexMetrics metrics, ILogger<Settlement> logger)
{
    /// <summary>They belong to another worker.</summary>
    public void Forget(IEnumerable<string> entries) => held.Remove(entries);

    /// <summary>Their part was settled.</summary>
    public void Done(int count, IEnumerable<string> entries)
    {
        metrics.Count("done", count);
        held.Remove(entries);
    }

    /// <summary>One is tried again.</summary>
    public void Retried() => metrics.Count("retried", 1);

    /// <summary>Left to others, who may take them at once.</summary>
    public async Task ReleaseAsync(IReadOnlyList<string> entries, CancellationToken cancellationToken)
    {
        await retry.RunAsync(
            async () =>
            {
                await queue.ReleaseAsync(entries);
                return true;
            },
            cancellationToken);
        held.Remove(entries);
    }

    /// <summary>To the dead letters.</summary>
    public Task DeadLetterAsync(
        string job, IReadOnlyList<(IndexItem Item, ItemFault Fault)> entries, CancellationToken cancellationToken)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            foreach ((IndexItem item, ItemFault fault) in entries)
                LogDead(item.RequestId, fault.Code, fault.Detail ?? fault.Message);
        }
        return EndAsync("dead", () => queue.DeadLetterAsync(job, entries), entries.Select(entry => entry.Item), cancellationToken);
    }

    /// <summary>Acknowledged without work.</summary>
    public Task SkipAsync(string job, IReadOnlyList<IndexItem> items, CancellationToken cancellationToken) =>
        EndAsync("cancelled", () => queue.SkipAsync(job, items), items, cancellationToken);

    /// <summary>Set aside until somebody can work on them.</summary>
    public Task DeferAsync(string job, string reason, IReadOnlyList<IndexItem> items, CancellationToken cancellationToken) => EndAsync(
        "parked",
        async () =>
        {
            await queue.DeferAsync(job, reason, items);
            return items.Count;
        },
        items,
        cancellationToken);

    private async Task EndAsync(string state, Func<Task<int>> settle, IEnumerable<IndexItem> items, CancellationToken cancellationToken)
    {
        metrics.Count(state, await retry.RunAsync(settle, cancellationToken));
        held.Remove(items.Select(item => item.Entry));
    }

    [LoggerMessage(6061, LogLevel.Debug, "Image of request {RequestId} goes to the dead letters ({Code}): {Reason}")]
    private partial void LogDead(string requestId, string code, string reason);
}
