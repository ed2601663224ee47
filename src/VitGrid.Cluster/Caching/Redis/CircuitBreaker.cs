namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// Whether something may be asked. It opens after <paramref name="most"/> failures in a row and begins open. Only whoever probes
/// closes it: no image pays for finding out. Knows no clock; any thread may call.
/// </summary>
internal sealed class CircuitBreaker(int most)
{
    private readonly Lock _gate = new();
    private int _inRow;
    private TaskCompletionSource _opened = Completed();
    private TaskCompletionSource _closed = Pending();

    public bool IsOpen
    {
        get
        {
            lock (_gate)
                return _opened.Task.IsCompleted;
        }
    }

    /// <summary>Completes when it opens; at once while it is open.</summary>
    public Task WhenOpen
    {
        get
        {
            lock (_gate)
                return _opened.Task;
        }
    }

    /// <summary>Completes when it closes; at once while it is closed.</summary>
    public Task WhenClosed
    {
        get
        {
            lock (_gate)
                return _closed.Task;
        }
    }

    /// <summary>An answer came.</summary>
    public void Succeeded()
    {
        lock (_gate)
            _inRow = 0;
    }

    /// <summary>No answer came, or too late.</summary>
    /// <returns>Whether this opened it.</returns>
    public bool Failed()
    {
        lock (_gate)
        {
            if (++_inRow < most || _opened.Task.IsCompleted)
                return false;
            _closed = Pending();
            return _opened.TrySetResult();
        }
    }

    /// <summary>A probe was answered.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _inRow = 0;
            if (_closed.TrySetResult())
                _opened = Pending();
        }
    }

    private static TaskCompletionSource Pending() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        TaskCompletionSource completed = Pending();
        completed.SetResult();
        return completed;
    }
}
