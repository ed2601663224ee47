using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Tables;

/// <summary>
/// Keeps this process's table new: asks the planner, which answers when there is a newer one. Goes on through every failure.
/// </summary>
internal sealed partial class TableWatch(IGrainFactory grains, TableStore table, ILogger<TableWatch> logger) : GridLoop
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        IPlannerGrain planner = grains.GetGrain<IPlannerGrain>(0);
        int failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // Its silo or the way to it may hang without an end: what takes longer than it may is asked anew.
                GridTable answered = await planner.WatchAsync(table.Current.Version, Patience, cancellationToken)
                    .WaitAsync(Lost, cancellationToken);
                table.Hear(answered, TimeProvider.System.Now());
                failures = 0;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (failures++ == 0)
                    LogNotAnswered(exception.Message);
                // Orleans writes a line for each question that finds no gateway.
                await Task.Delay(Pause * Math.Min(failures, 10), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(5181, LogLevel.Information, "The planner does not answer: {Reason}")]
    private partial void LogNotAnswered(string reason);
}
