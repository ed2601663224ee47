using Microsoft.Extensions.Logging;
using VitGrid.Redis;
using VitGrid.Cluster.Grains;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Notices that the membership's record came back empty. Workers would serve on for as long as they live, seen by no newcomer, beside a
/// grid that begins anew in the same Redis: this one says so and leaves, to be started anew.
/// </summary>
internal sealed partial class MembershipGuard(
    GridOptions options, MembershipRecord record, LeaveRequest leave, ILogger<MembershipGuard> logger) : GridLoop
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        int missing = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            missing = await ReadAsync(cancellationToken) switch
            {
                Standing.Missing => missing + 1,
                null => missing,
                _ => 0,
            };
            // Twice: a record that is just being written anew may hold it a moment later.
            if (missing == 2)
            {
                LogLost(options.Cluster.Id, RedisAddress.Describe(options.Cluster.Redis!));
                leave.LoseMembership();
                return;
            }
            await Task.Delay(Round, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null when the record cannot be read: a Redis that is away has lost nothing yet.</summary>
    private async Task<Standing?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Round);
            return await record.ReadAsync(limit.Token);
        }
        catch (Exception exception)
        {
            LogNotRead(exception.Message);
            return null;
        }
    }

    [LoggerMessage(5021, LogLevel.Critical, "The membership of grid '{Grid}' in Redis {Redis} does not hold this worker any more: it was "
        + "emptied, or came back empty. No newcomer can find this worker; it ends to be started anew. Keep that Redis on an "
        + "append-only file, and let nothing flush it")]
    private partial void LogLost(string grid, string redis);

    [LoggerMessage(5022, LogLevel.Debug, "The membership could not be read: {Reason}")]
    private partial void LogNotRead(string reason);
}
