using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Workers;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Before anything of a worker stops: tells the planner that it leaves, and goes on serving until its stages are loaded elsewhere and its
/// batches are done.
/// </summary>
internal sealed partial class WorkerHandover(
    GridOptions options, WorkerAgent agent, SegmentHost host, LeaveRequest leave, DeviceHealth health, ILogger<WorkerHandover> logger)
    : LifecycleService
{
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (leave.IsMembershipLost)
            return;
        TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Changed += Look;
        Look();
        LogLeaving(host.Reports().Length);
        agent.Leave();
        try
        {
            await empty.Task.WaitAsync(TimeSpan.FromMilliseconds(options.Shutdown.DrainMilliseconds), cancellationToken);
            LogHandedOver();
        }
        catch (TimeoutException)
        {
            LogGivenUp(host.Reports().Length, options.Shutdown.DrainMilliseconds);
        }
        finally
        {
            host.Changed -= Look;
            leave.OnHandedOver();
        }

        void Look()
        {
            // What is on a lost device may never end: it is nothing to wait for.
            if (host.Reports().All(report => health.Find(report.Layout.Stages[report.Segment].Device).State == DeviceState.Lost))
                empty.TrySetResult();
        }
    }

    [LoggerMessage(5031, LogLevel.Information, "Leaving the grid: {Stages} stages are handed over")]
    private partial void LogLeaving(int stages);

    [LoggerMessage(5032, LogLevel.Information, "Handed over: this worker has no stage any more")]
    private partial void LogHandedOver();

    [LoggerMessage(5033, LogLevel.Warning,
        "{Stages} stages were not handed over within {Limit} ms (Shutdown:DrainMilliseconds); their images begin again elsewhere")]
    private partial void LogGivenUp(int stages, int limit);
}
