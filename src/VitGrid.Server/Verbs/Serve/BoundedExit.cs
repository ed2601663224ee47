using VitGrid.Cluster.Hosting;
using VitGrid.Engine.Options;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>
/// Ends a process that has lost a device, whatever its driver does: such a process finishes or hands over what its other devices have, and
/// then has <see cref="AfterHandover"/> to end in order; in all no longer than two drains, the linger and <see cref="AfterHandover"/>. What
/// blocks longer, as a run that hangs or a driver's clean-up, is cut off by the process itself.
/// </summary>
internal sealed class BoundedExit : IDisposable
{
    /// <summary>Time to end in order once everything was handed over.</summary>
    public static readonly TimeSpan AfterHandover = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ended = new();

    /// <param name="leave">Says that a device is lost; null: this process has none.</param>
    /// <param name="options">How long a drain may take.</param>
    public BoundedExit(LeaveRequest? leave, ShutdownOptions options)
    {
        if (leave is not null)
            _ = WatchAsync(leave, LongestDrain(options), _ended.Token);
    }

    /// <summary>Longest time from a device's loss to the end of everything that is waited for.</summary>
    public static TimeSpan LongestDrain(ShutdownOptions options) =>
        TimeSpan.FromMilliseconds((2L * options.DrainMilliseconds) + options.LingerMilliseconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private static async Task WatchAsync(LeaveRequest leave, TimeSpan longest, CancellationToken ended)
    {
        await leave.Asked.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ended.IsCancellationRequested || leave.LostDevice is not { } device)
            return;
        // A thread of its own: those of the pool may all wait for the device.
        Thread last = new(() =>
        {
            _ = leave.HandedOver.Wait(longest, CancellationToken.None);
            Thread.Sleep(AfterHandover);
            Console.Error.WriteLine($"vitgrid: the process does not end in order, since device {device} is lost; it is cut off");
            ProcessEnd.Now(ExitCode.DeviceLost);
        }) { IsBackground = true, Name = "vitgrid-exit" };
        last.Start();
    }
}
