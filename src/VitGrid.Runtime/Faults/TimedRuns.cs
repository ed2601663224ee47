using System.Diagnostics;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Faults;

/// <summary>
/// Runs of a device that only takes time, as a card does beside a processor that is free meanwhile: the first batch of each size is
/// computed, each other of that size has the same results when its time is over. Not thread-safe.
/// </summary>
internal sealed class TimedRuns : IDisposable
{
    private readonly Dictionary<int, Activation> _kept = [];

    /// <summary>Waits as long as a batch takes, and gives what <paramref name="run"/> gave of the first one as large.</summary>
    public Activation Run(FaultSpec fault, int images, Func<Activation> run)
    {
        long began = Stopwatch.GetTimestamp();
        if (!_kept.TryGetValue(images, out Activation? kept))
            _kept.Add(images, kept = run());
        TimeSpan left = TimeOf(fault, images) - Stopwatch.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
            Thread.Sleep(left);
        return kept.Lend();
    }

    /// <summary>How long a batch takes: a part of its own and a part for each image.</summary>
    public static TimeSpan TimeOf(FaultSpec fault, int images) =>
        TimeSpan.FromMilliseconds(fault.BatchMilliseconds + (images * fault.ImageMilliseconds));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Activation kept in _kept.Values)
            kept.Dispose();
        _kept.Clear();
    }
}
