using System.Collections.Concurrent;

namespace VitGrid.Runtime.Sessions;

/// <summary>
/// The one thread that drives a device. Work runs in the order it was handed in, one piece at a time, away from the thread
/// pool, so that a long computation never holds up a grain. A bounded number of pieces waits or runs; a further caller waits
/// without blocking a thread.
/// </summary>
public sealed class DeviceThread : IAsyncDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly SemaphoreSlim _slots;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The device's name, for debuggers and dumps.</param>
    /// <param name="capacity">Pieces of work that may wait or run; at least 1.</param>
    /// <param name="standsBack">Whether the work is done by the processor and lets other threads go first:
    /// <see cref="ComputeThread"/>.</param>
    public DeviceThread(string name, int capacity, bool standsBack = false)
    {
        _slots = new SemaphoreSlim(capacity, capacity);
        new Thread(() => Loop(standsBack)) { Name = $"device {name}", IsBackground = true }.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the device's thread and gives back its result, or its exception.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for a slot; work that has a slot is run.</exception>
    /// <exception cref="ObjectDisposedException">The thread was stopped.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        await _slots.WaitAsync(cancellationToken);
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _work.Add(() => Complete(work, result), CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            _slots.Release();
            throw new ObjectDisposedException(nameof(DeviceThread));
        }
        return await result.Task;
    }

    /// <summary>Takes no more work, finishes what it has, ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.CompleteAdding();
        await _ended.Task;
    }

    private void Loop(bool standsBack)
    {
        if (standsBack)
            ComputeThread.LowerPriority();
        foreach (Action piece in _work.GetConsumingEnumerable())
            piece();
        _work.Dispose();
        _ended.SetResult();
    }

    private void Complete<T>(Func<T> work, TaskCompletionSource<T> result)
    {
        try
        {
            result.SetResult(work());
        }
        catch (Exception exception)
        {
            result.SetException(exception);
        }
        finally
        {
            _slots.Release();
        }
    }
}
