using VitGrid.Indexing.Items;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>How entries end: in Redis, among what this worker holds, and in the counters.</summary>
internal sealed class Settlement(IndexQueue queue, HeldEntries held, Patience patience, IndexMetrics metrics)
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
    public async Task ReleaseAsync(IReadOnlyList<string> entries, CancellationToken stop)
    {
        await patience.RunAsync(
            async () =>
            {
                await queue.ReleaseAsync(entries);
                return true;
            },
            stop);
        held.Remove(entries);
    }

    /// <summary>To the dead letters.</summary>
    public Task DeadLetterAsync(string job, IReadOnlyList<(IndexItem Item, ItemFault Fault)> entries, CancellationToken stop) =>
        EndAsync("dead", () => queue.DeadLetterAsync(job, entries), entries.Select(entry => entry.Item), stop);

    /// <summary>Acknowledged without work.</summary>
    public Task SkipAsync(string job, IReadOnlyList<IndexItem> items, CancellationToken stop) =>
        EndAsync("cancelled", () => queue.SkipAsync(job, items), items, stop);

    /// <summary>Set aside until somebody can work on them.</summary>
    public Task DeferAsync(string job, string reason, IReadOnlyList<IndexItem> items, CancellationToken stop) => EndAsync(
        "parked",
        async () =>
        {
            await queue.DeferAsync(job, reason, items);
            return items.Count;
        },
        items,
        stop);

    private async Task EndAsync(string state, Func<Task<int>> settle, IEnumerable<IndexItem> items, CancellationToken stop)
    {
        metrics.Count(state, await patience.RunAsync(settle, stop));
        held.Remove(items.Select(item => item.Entry));
    }
}
