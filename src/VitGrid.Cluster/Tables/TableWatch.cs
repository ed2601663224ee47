using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Tables;

/// <summary>Keeps this process's table new: asks the planner, which answers when there is a newer one. Goes on through every failure.</summary>
internal sealed partial class TableWatch(IGrainFactory grains, TableStore table, ILogger<TableWatch> logger) : GridLoop
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    protected override async Task RunAsync(CancellationToken stopping)
    {
        IPlannerGrain planner = grains.GetGrain<IPlannerGrain>(0);
        bool told = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Its silo or the way to it may hang without an end: what takes longer than it may is asked anew.
                GridTable answered = await planner.WatchAsync(table.Current.Version, Patience, stopping).WaitAsync(Lost, stopping);
                table.Hear(answered, TimeProvider.System.Now());
                told = false;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                if (!told)
                    LogNotAnswered(failure.Message);
                told = true;
                await Task.Delay(Pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The planner does not answer: {Reason}")]
    private partial void LogNotAnswered(string reason);
}
