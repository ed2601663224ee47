using Microsoft.Extensions.Logging;
using VitGrid.Redis;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Membership;

/// <summary>A front end without workers goes on looking for one until it is stopped, and says so now and then.</summary>
internal sealed partial class WorkerSearch(GridOptions options, ILogger<WorkerSearch> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private const int PausesBetweenWords = 20;

    private int _pauses;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_pauses++ % PausesBetweenWords == 0)
            LogWaiting(options.Cluster.Id, RedisAddress.Describe(options.Cluster.Redis!), exception.Message);
        await Task.Delay(Pause, cancellationToken);
        return true;
    }

    [LoggerMessage(5081, LogLevel.Warning, "Waiting for a worker of grid '{Grid}' in Redis {Redis}: {Reason}")]
    private partial void LogWaiting(string grid, string redis, string reason);
}
