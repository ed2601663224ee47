using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tables;

/// <summary>The newest table this process knows, wherever it came from. Readers take a snapshot and never lock.</summary>
internal sealed class TableStore
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GridTable _current = GridTable.Empty;

    /// <summary>Told of each newer table, in order, on the thread that offered it.</summary>
    public event Action<GridTable>? Changed;

    public GridTable Current => Volatile.Read(ref _current);

    /// <summary>Takes a table over if it is newer.</summary>
    public void Offer(GridTable table)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            if (table.Version <= _current.Version)
                return;
            Volatile.Write(ref _current, table);
            reached = _next;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Changed?.Invoke(table);
        }
        reached.SetResult();
    }

    /// <summary>Completes when the table is above <paramref name="version"/>.</summary>
    public Task WhenAboveAsync(long version, CancellationToken cancellationToken)
    {
        lock (_gate)
            return _current.Version > version ? Task.CompletedTask : _next.Task.WaitAsync(cancellationToken);
    }
}
