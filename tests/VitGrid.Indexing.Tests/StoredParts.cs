using System.Collections.Concurrent;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests;

/// <summary>Called before each step of a sink with the step and the part; may fail or never return.</summary>
internal delegate Task SinkHook(string step, string part);

/// <summary>A store that many sinks write, in memory: a part is there as a whole or not, and an aborted one never comes.</summary>
internal sealed class StoredParts
{
    private readonly ConcurrentDictionary<string, SinkRow[]> _parts = new();

    /// <summary>What stands for an aborted part.</summary>
    private static readonly SinkRow[] Tombstone = [];

    public SinkHook Hook { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<SinkSummary> Summaries { get; } = new();

    public ConcurrentQueue<SinkSchema> Schemas { get; } = new();

    /// <summary>Every row, as often as it is there.</summary>
    public SinkRow[] Rows => [.. _parts.Values.SelectMany(rows => rows)];

    /// <summary>Ids, sorted.</summary>
    public string[] Ids => [.. Rows.Select(row => row.Id).Order(StringComparer.Ordinal)];

    public int LargestPart => _parts.Values.Select(rows => rows.Length).DefaultIfEmpty().Max();

    public IVectorSink Sink() => new StoredSink(this);

    private sealed class StoredSink(StoredParts store) : IVectorSink
    {
        public async Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken)
        {
            await store.Hook("open", "");
            store.Schemas.Enqueue(schema);
        }

        public Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
            store.Hook("prepare", part).WaitAsync(cancellationToken);

        public async Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
        {
            await store.Hook("commit", part).WaitAsync(cancellationToken);
            if (store._parts.GetOrAdd(part, _ => [.. rows]) == Tombstone)
                throw new SinkException(SinkFault.PartAborted, $"part {part} was aborted");
            await store.Hook("committed", part).WaitAsync(cancellationToken);
        }

        public Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken) =>
            Task.FromResult(store._parts.GetOrAdd(part, Tombstone) == Tombstone);

        public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken)
        {
            store.Summaries.Enqueue(summary);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
