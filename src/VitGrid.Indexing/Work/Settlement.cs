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
    public async Task ReleaseAsync(IReadOnlyList<string> entries, CancellationToken cancellationToken)
    {
        await patience.RunAsync(
            async () =>
            {
                await queue.ReleaseAsync(entries);
                return true;
            },
            cancellationToken);
        held.Remove(entries);
    }

    /// <summary>To the dead letters.</summary>
    public Task BuryAsync(string job, IReadOnlyList<(IndexItem Item, ItemFault Fault)> entries, CancellationToken cancellationToken) =>
        EndAsync("dead", () => queue.BuryAsync(job, entries), entries.Select(entry => entry.Item), cancellationToken);

    /// <summary>Acknowledged without work.</summary>
    public Task WaiveAsync(string job, IReadOnlyList<IndexItem> items, CancellationToken cancellationToken) =>
        EndAsync("cancelled", () => queue.WaiveAsync(job, items), items, cancellationToken);

    /// <summary>Set aside until somebody can work on them.</summary>
    public Task ParkAsync(string job, string reason, IReadOnlyList<IndexItem> items, CancellationToken cancellationToken) => EndAsync(
        "parked",
        async () =>
        {
            await queue.ParkAsync(job, reason, items);
            return items.Count;
        },
        items,
        cancellationToken);

    private async Task EndAsync(string state, Func<Task<int>> settle, IEnumerable<IndexItem> items, CancellationToken cancellationToken)
    {
        metrics.Count(state, await patience.RunAsync(settle, cancellationToken));
        held.Remove(items.Select(item => item.Entry));
    }
}
