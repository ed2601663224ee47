using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

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

/// <summary>
/// Threads that compute on the processor let the others go first: a refusal, an answer from the cache or the next image's head takes
/// microseconds and must not wait until a batch gives up its core.
/// </summary>
public static partial class ComputeThread
{
    /// <summary>
    /// Steps of nice below the process: a third of the share of a thread that is always busy beside it, so that no flood of requests stops
    /// the computation of what was accepted.
    /// </summary>
    private const int Steps = 5;

    /// <summary>
    /// Lets the process's other threads go before the present one and those that it starts. Only Linux knows a nice value of a thread.
    /// </summary>
    /// <param name="times">2: lets threads that stand back go first, too.</param>
    public static void LowerPriority(int times = 1)
    {
        if (OperatingSystem.IsLinux())
            _ = Nice(times * Steps);
    }

    /// <summary>Runs <paramref name="work"/> on a thread that stands back, so that those it starts do as well, and waits for it.</summary>
    public static T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(Work) { IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;

        void Work()
        {
            LowerPriority();
            try
            {
                result = work();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int steps);
}
