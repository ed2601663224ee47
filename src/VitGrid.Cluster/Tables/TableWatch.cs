using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Tables;

/// <summary>
/// Keeps this process's table new: asks the planner, which answers when there is a newer one. Goes on through every failure.
/// </summary>
internal sealed partial class TableWatch(IGrainFactory grains, TableStore table, ILogger<TableWatch> logger) : GridLoop
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        ResiliencePipeline retry = new ResiliencePipelineBuilder().AddRetry(Retry()).Build();
        while (!cancellationToken.IsCancellationRequested)
        {
            await retry.ExecuteAsync(WatchAsync, cancellationToken).AsTask()
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Orleans writes a line for each question that finds no gateway: hence the pause, which grows to a second.</summary>
    private RetryStrategyOptions Retry() => new()
    {
        MaxRetryAttempts = int.MaxValue,
        ShouldHandle = new PredicateBuilder().Handle<Exception>(),
        BackoffType = DelayBackoffType.Linear,
        Delay = Pause,
        MaxDelay = Pause * 10,
        OnRetry = failed =>
        {
            if (failed.AttemptNumber == 0)
                LogNotAnswered(failed.Outcome.Exception!.Message);
            return default;
        },
    };

    /// <summary>Its silo or the way to it may hang without an end: what takes longer than it may is asked anew.</summary>
    private async ValueTask WatchAsync(CancellationToken cancellationToken)
    {
        GridTable answered = await grains.GetGrain<IPlannerGrain>(0).WatchAsync(table.Current.Version, Timeout, cancellationToken)
            .WaitAsync(Lost, cancellationToken);
        table.Hear(answered, TimeProvider.System.Now());
    }

    [LoggerMessage(5181, LogLevel.Information, "The planner does not answer: {Reason}")]
    private partial void LogNotAnswered(string reason);
}
