using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace VitGrid.Runtime.Sessions;

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
    public static void LowerPriority()
    {
        if (OperatingSystem.IsLinux())
            _ = Nice(Steps);
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
