using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Engine.Caching;

/// <summary>Equal requests at the same time compute once. Outcomes are not kept: a failure is not seen by a later request.</summary>
internal sealed class SingleFlight<TKey, T>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Flight<T>> _flights = [];

    /// <summary>Keys being computed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _flights.Count;
        }
    }

    /// <summary>
    /// Joins the flight of <paramref name="key"/>, or starts it with <paramref name="work"/>, called on this thread before the method
    /// first awaits.
    /// </summary>
    public Task<T> RunAsync(TKey key, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        Flight<T>? flight;
        bool joined;
        lock (_gate)
        {
            joined = _flights.TryGetValue(key, out flight) && flight.TryJoin();
            if (!joined)
                _flights[key] = flight = new();
        }
        if (!joined)
            _ = flight!.RunAsync(work, () => Land(key, flight));
        return flight!.WaitAsync(cancellationToken);
    }

    private void Land(TKey key, Flight<T> flight)
    {
        lock (_gate)
        {
            // An abandoned flight may already have been followed by another under the same key.
            if (_flights.TryGetValue(key, out Flight<T>? current) && current == flight)
                _flights.Remove(key);
        }
    }
}

/// <summary>
/// One computation that several callers wait for. A caller that cancels leaves alone; when the last one has left, the computation's
/// token is cancelled and nobody can join any more.
/// </summary>
[SuppressMessage("Design", "CA1001",
    Justification = "The source has neither timer nor wait handle: there is nothing to free, and waiters leave at any time.")]
internal sealed class Flight<T>
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abandoned = new();
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiters = 1;

    /// <summary>One more waiter; false when all others have left. A waiter calls <see cref="WaitAsync"/> once.</summary>
    public bool TryJoin()
    {
        lock (_gate)
            return _waiters > 0 && _waiters++ > 0;
    }

    /// <summary>Computes; <paramref name="landing"/> runs before anybody gets the outcome.</summary>
    public async Task RunAsync(Func<CancellationToken, Task<T>> work, Action landing)
    {
        try
        {
            T result = await work(_abandoned.Token);
            landing();
            _result.SetResult(result);
        }
        catch (OperationCanceledException) when (_abandoned.IsCancellationRequested)
        {
            landing();
            _result.SetCanceled(_abandoned.Token);
        }
        catch (Exception exception)
        {
            landing();
            _result.SetException(exception);
            // Everybody may have left: a failure nobody waits for is not unobserved.
            _ = _result.Task.Exception;
        }
    }

    public async Task<T> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _result.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_waiters > 0 || _result.Task.IsCompleted)
                return;
        }
        _abandoned.Cancel();
    }
}
