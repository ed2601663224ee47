using System.Diagnostics;

namespace VitGrid.LoadTest.Load;

/// <summary>The time of a load.</summary>
/// <param name="Now">Time since its beginning.</param>
/// <param name="WaitUntil">Waits until a time since its beginning.</param>
internal sealed record LoadClock(Func<TimeSpan> Now, Func<TimeSpan, CancellationToken, ValueTask> WaitUntil)
{
    /// <summary>Real time, from now on.</summary>
    public static LoadClock Start()
    {
        Stopwatch watch = Stopwatch.StartNew();
        return new(() => watch.Elapsed, async (due, stop) =>
        {
            while (due - watch.Elapsed is { Ticks: > 0 } left)
                await Task.Delay(left, stop).ConfigureAwait(false);
        });
    }
}
