using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>Asks Redis again for as long as it is away: what was read stays read, and what was written is not lost.</summary>
internal sealed partial class RedisRetryPolicy(Backoff backoff, ILogger logger)
{
    /// <summary>
    /// Reads its file, runs a script, has a full disk or memory, is a replica until somebody promotes it, has too few replicas, or became
    /// one while somebody waited.
    /// </summary>
    private static readonly string[] Passing =
    [
        "LOADING", "BUSY ", "MISCONF", "OOM", "READONLY", "NOREPLICAS", "UNBLOCKED", "MASTERDOWN", "ERR WAIT cannot be used with replica",
    ];

    /// <summary>Runs <paramref name="ask"/> until Redis answers.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled meanwhile.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (IsAway(exception))
            {
                if (attempt == 1 || attempt % 20 == 0)
                    LogAway(QueueRefusal.Describe(exception) ?? exception.Message);
                await Task.Delay(backoff.After(attempt), cancellationToken);
            }
        }
    }

    /// <summary>Whether Redis is away or still reading its file, rather than of another opinion.</summary>
    public static bool IsAway(Exception failure) => failure
        is RedisConnectionException or RedisTimeoutException or TimeoutException or ObjectDisposedException
        || (failure is RedisServerException server && Passing.Any(reason => server.Message.StartsWith(reason, StringComparison.Ordinal)));

    [LoggerMessage(6001, LogLevel.Warning, "The queue's Redis does not answer; what is under way waits for it: {Reason}")]
    private partial void LogAway(string reason);
}
