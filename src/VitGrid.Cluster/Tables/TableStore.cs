using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tables;

/// <summary>The newest table this process knows, wherever it came from. Readers take a snapshot and never lock.</summary>
internal sealed class TableStore
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GridTable _current = GridTable.Empty;
    private TimeSpan? _confirmed;

    /// <summary>Called with each newer table, in order, on the thread that offered it.</summary>
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

    /// <summary>When the planner last answered with the very table that is known here; null: never.</summary>
    public TimeSpan? Confirmed
    {
        get
        {
            lock (_gate)
                return _confirmed;
        }
    }

    /// <summary>
    /// Takes over what the planner answered at <paramref name="now"/>. A planner that knows an older table than this process confirms
    /// nothing.
    /// </summary>
    public void Hear(GridTable answered, TimeSpan now)
    {
        Offer(answered);
        lock (_gate)
        {
            if (answered.Version == _current.Version)
                _confirmed = now;
        }
    }

    /// <summary>Completes when the table is above <paramref name="version"/>.</summary>
    public Task WhenAboveAsync(long version, CancellationToken cancellationToken)
    {
        lock (_gate)
            return _current.Version > version ? Task.CompletedTask : _next.Task.WaitAsync(cancellationToken);
    }
}
