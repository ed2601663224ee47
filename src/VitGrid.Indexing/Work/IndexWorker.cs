using VitGrid.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>
/// Works on the indexing queue for as long as the process has devices: reads while it has credits, renews what takes long, takes over what
/// silent workers have left, looks after the stream and the jobs.
/// </summary>
internal sealed partial class IndexWorker(
    IndexingOptions options, IndexedGrid grid, IndexMetrics metrics, Func<string> name, ILoggerFactory loggers) : GridLoop
{
    private const int RenewalPage = 500;

    private static readonly TimeSpan UpkeepPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OwnerSilence = TimeSpan.FromSeconds(15);
    private static readonly Backoff Idle = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(250));
    private static readonly Backoff Trouble = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    private readonly ILogger _logger = loggers.CreateLogger<IndexWorker>();

    private TimeSpan ClaimAfter => TimeSpan.FromMilliseconds(options.ClaimMilliseconds);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await using QueueConnection connection = await QueueConnection.OpenAsync(options.Redis!, options.KeyPrefix);
        await RepeatAsync("joining", connection, () => WorkAsync(connection, cancellationToken), cancellationToken);
    }

    private async Task WorkAsync(QueueConnection connection, CancellationToken cancellationToken)
    {
        await JoinAsync(connection, cancellationToken);
        string consumer = $"{name()}-{Guid.NewGuid().ToString("n")[..8]}";
        LogJoined(consumer, RedisAddress.Describe(options.Redis!));
        await using IndexSession session = new(connection, consumer, options, grid, metrics, loggers);
        await Task.WhenAll(
            RepeatAsync("reading", connection, () => ReadAsync(session, cancellationToken), cancellationToken),
            RepeatAsync("renewing", connection, () => RenewAsync(session, cancellationToken), cancellationToken),
            RepeatAsync("taking over", connection, () => ClaimAsync(session, cancellationToken), cancellationToken),
            RepeatAsync("keeping the queue", connection, () => KeepAsync(connection, cancellationToken), cancellationToken),
            RepeatAsync("upkeep", connection, () => UpkeepAsync(session, cancellationToken), cancellationToken));
    }

    /// <summary>Waits for a Redis that can hold a queue, and makes the group.</summary>
    private async Task JoinAsync(QueueConnection connection, CancellationToken cancellationToken)
    {
        Patience patience = new(Trouble, _logger);
        while (await patience.RunAsync(() => HealthOf(connection), cancellationToken) is { } health)
        {
            if (health.Warning is { } warning)
                LogWarned(warning);
            if (health.Refusal is not { } refusal)
                break;
            LogRefused(refusal);
            await Task.Delay(RefusedPause, cancellationToken);
        }
        while (await patience.RunAsync(() => OwnerOf(connection).TakeAsync(), cancellationToken) is { } owner && owner != grid.Name)
        {
            LogForeign(grid.Name, RedisAddress.Describe(options.Redis!), owner);
            await Task.Delay(RefusedPause, cancellationToken);
        }
        await patience.RunAsync(
            async () =>
            {
                await connection.EnsureGroupAsync();
                return true;
            },
            cancellationToken);
    }

    /// <summary>One grid works on a queue: two would set aside each other's jobs for ever.</summary>
    private Lease OwnerOf(QueueConnection connection) => new(connection, IndexKeys.Owner, grid.Name, OwnerSilence);

    private async Task KeepAsync(QueueConnection connection, CancellationToken cancellationToken)
    {
        if (await OwnerOf(connection).TakeAsync() is var owner && owner != grid.Name)
            LogForeign(grid.Name, RedisAddress.Describe(options.Redis!), owner);
        await Task.Delay(OwnerSilence / 3, cancellationToken);
    }

    private static async Task<QueueHealth> HealthOf(QueueConnection connection)
    {
        await connection.Database.PingAsync();
        return await connection.HealthAsync();
    }

    /// <summary>
    /// Repeats a step until the stop; one that fails is told and repeated after a pause, with the group made anew where it is lost.
    /// </summary>
    private async Task RepeatAsync(string what, QueueConnection connection, Func<Task> step, CancellationToken cancellationToken)
    {
        for (int failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                await step();
                failures = 0;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (failures++ == 0)
                    LogFailed(what, exception.Message);
                if (exception is RedisServerException lost && lost.Message.Contains("NOGROUP", StringComparison.Ordinal))
                    await RemakeAsync(connection);
                await Task.Delay(Trouble.After(failures), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RemakeAsync(QueueConnection connection)
    {
        LogRemade();
        await connection.EnsureGroupAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync(IndexSession session, CancellationToken cancellationToken)
    {
        for (int empty = 1; !cancellationToken.IsCancellationRequested;)
        {
            await Task.Delay(session.Pressure.Left, cancellationToken);
            int credits = await TakeCreditsAsync(session.Credits, cancellationToken);
            bool any = await TakeAsync(session, credits, () => session.Queue.ReadAsync(credits), cancellationToken);
            empty = any ? 1 : empty + 1;
            if (!any)
                await Task.Delay(Idle.After(empty), cancellationToken);
        }
    }

    private async Task<int> TakeCreditsAsync(SemaphoreSlim credits, CancellationToken cancellationToken)
    {
        await credits.WaitAsync(cancellationToken);
        int taken = 1;
        while (taken < options.ReadBatch && await credits.WaitAsync(0, CancellationToken.None))
            taken++;
        return taken;
    }

    private async Task ClaimAsync(IndexSession session, CancellationToken cancellationToken)
    {
        if (await session.Credits.WaitAsync(0, CancellationToken.None))
        {
            session.Credits.Release();
            int credits = await TakeCreditsAsync(session.Credits, cancellationToken);
            await TakeAsync(session, credits, () => ClaimAsync(session, credits, cancellationToken), cancellationToken);
        }
        await Task.Delay(ClaimAfter / 4, cancellationToken);
    }

    private async Task<IndexItem[]> ClaimAsync(IndexSession session, int most, CancellationToken cancellationToken)
    {
        IndexItem[] claimed = await session.Queue.ClaimAsync(ClaimAfter, most);
        if (claimed.Length > 0)
            LogClaimed(claimed.Length);
        return await session.Recovery.RecoverAsync(claimed, cancellationToken);
    }

    private static async Task<bool> TakeAsync(
        IndexSession session, int credits, Func<Task<IndexItem[]>> read, CancellationToken cancellationToken)
    {
        IndexItem[] items = [];
        try
        {
            items = await read();
        }
        finally
        {
            if (items.Length == 0)
                session.Credits.Release(credits);
        }
        if (items.Length > 0)
            await session.TakeAsync(items, credits, cancellationToken);
        return items.Length > 0;
    }

    private async Task RenewAsync(IndexSession session, CancellationToken cancellationToken)
    {
        await Task.Delay(ClaimAfter / 3, cancellationToken);
        foreach (string[] page in session.Held.All.Chunk(RenewalPage))
            session.Held.Remove(await session.Patience.RunAsync(() => session.Queue.RenewAsync(page), cancellationToken));
    }

    private async Task UpkeepAsync(IndexSession session, CancellationToken cancellationToken)
    {
        metrics.Saw(await session.Queue.UpkeepAsync());
        await session.Finisher.LookAsync(cancellationToken);
        await Task.Delay(UpkeepPause, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Indexing as {Consumer} from the queue in Redis {Redis}")]
    private partial void LogJoined(string consumer, string redis);

    [LoggerMessage(LogLevel.Error, "The queue's Redis cannot hold a queue, nothing is indexed until it can: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Error,
        "Grid '{Grid}' indexes nothing: the queue in Redis {Redis} belongs to grid '{Owner}'. Give this grid a Redis or an "
            + "Indexing:KeyPrefix of its own")]
    private partial void LogForeign(string grid, string redis, string owner);

    [LoggerMessage(LogLevel.Warning, "The queue's Redis: {Warning}")]
    private partial void LogWarned(string warning);

    [LoggerMessage(LogLevel.Warning, "Indexing: {What} failed and is repeated: {Reason}")]
    private partial void LogFailed(string what, string reason);

    [LoggerMessage(LogLevel.Warning, "The group of the indexing queue was lost (the stream was deleted?) and is made anew")]
    private partial void LogRemade();

    [LoggerMessage(LogLevel.Information, "Took over {Count} entries of a worker that is silent")]
    private partial void LogClaimed(int count);
}
