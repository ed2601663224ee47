using VitGrid.Redis;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
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
    private static readonly TimeSpan LoadingPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(5);
    private static readonly Backoff Idle = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(250));
    private static readonly Backoff Trouble = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    private readonly ILogger _logger = loggers.CreateLogger<IndexWorker>();

    private TimeSpan ClaimAfter => TimeSpan.FromMilliseconds(options.ClaimMilliseconds);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        // Where sentinels are named, one of them must say where the primary is before there is a connection.
        await using QueueConnection connection = await new RedisRetryPolicy(Trouble, _logger).RunAsync(
            () => QueueConnection.OpenAsync(
                options.Redis!, options.KeyPrefix, new(options.RedisPasswordFile, options.RedisAuthorityFile), options.ConfirmReplicas),
            cancellationToken);
        await RepeatAsync("joining", connection, () => WorkAsync(connection, cancellationToken), cancellationToken);
        if (grid.IsAlone)
        {
            Task releasing = QueueOwner.LeaseFor(connection, grid.Name).ReleaseAsync().WaitAsync(UpkeepPause, CancellationToken.None);
            await releasing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(QueueConnection connection, CancellationToken cancellationToken)
    {
        await JoinAsync(connection, cancellationToken);
        string consumer = $"{name()}-{Guid.NewGuid().ToString("n")[..8]}";
        LogJoined(consumer, RedisAddress.Describe(options.Redis!));
        await using IndexSession session = new(connection, consumer, options, grid, metrics, loggers);
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(
            RepeatAsync("reading", connection, () => ReadAsync(session, lost.Token), lost.Token),
            RepeatAsync("renewing", connection, () => RenewAsync(session, lost.Token), lost.Token),
            RepeatAsync("taking over", connection, () => ClaimAsync(session, lost.Token), lost.Token),
            RepeatAsync("keeping the queue", connection, () => KeepAsync(connection, lost), lost.Token),
            RepeatAsync("upkeep", connection, () => UpkeepAsync(session, lost.Token), lost.Token));
    }

    /// <summary>Waits for a Redis that can hold a queue, and makes the group.</summary>
    private async Task JoinAsync(QueueConnection connection, CancellationToken cancellationToken)
    {
        RedisRetryPolicy retry = new(Trouble, _logger);
        while (await retry.RunAsync(() => HealthOf(connection), cancellationToken) is { } health)
        {
            if (health.Warning is { } warning)
                LogWarned(warning);
            if (health.Refusal is not { } refusal)
                break;
            LogRefused(refusal);
            await Task.Delay(RefusedPause, cancellationToken);
        }
        Task<string> OwnerAsync() => retry.RunAsync(() => QueueOwner.TakeAsync(connection, grid.Name), cancellationToken);
        while (await OwnerAsync() is { } owner && owner != grid.Name)
        {
            LogForeign(grid.Name, RedisAddress.Describe(options.Redis!), owner);
            await Task.Delay(RefusedPause, cancellationToken);
        }
        await retry.RunAsync(
            async () =>
            {
                await connection.EnsureGroupAsync();
                return true;
            },
            cancellationToken);
    }

    /// <summary>Renews the right to the queue; whoever has lost it, frozen for a while, leaves the queue and joins anew.</summary>
    private async Task KeepAsync(QueueConnection connection, CancellationTokenSource lost)
    {
        if (await QueueOwner.TakeAsync(connection, grid.Name) != grid.Name)
            await lost.CancelAsync();
        await Task.Delay(QueueOwner.Silence / 3, lost.Token);
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
        ResiliencePipeline retry = new ResiliencePipelineBuilder().AddRetry(Retry(what, connection)).Build();
        while (!cancellationToken.IsCancellationRequested)
        {
            await retry.ExecuteAsync(async _ => await step(), cancellationToken).AsTask()
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private RetryStrategyOptions Retry(string what, QueueConnection connection) => new()
    {
        MaxRetryAttempts = int.MaxValue,
        ShouldHandle = new PredicateBuilder().Handle<Exception>(),
        DelayGenerator = failed => new(Trouble.After(failed.AttemptNumber + 1)),
        OnRetry = async failed =>
        {
            if (failed.AttemptNumber == 0)
                LogFailed(what, failed.Outcome.Exception!.Message);
            if (failed.Outcome.Exception is RedisServerException lost && lost.Message.Contains("NOGROUP", StringComparison.Ordinal))
                await RemakeAsync(connection);
        },
    };

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
            await WhileLoadingAsync(cancellationToken);
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

    /// <summary>
    /// A worker that can embed nothing yet takes nothing: it would set aside in a moment the queue that others live on.
    /// </summary>
    private async Task WhileLoadingAsync(CancellationToken cancellationToken)
    {
        while (grid.IsLoading())
            await Task.Delay(LoadingPause, cancellationToken);
    }

    private async Task ClaimAsync(IndexSession session, CancellationToken cancellationToken)
    {
        await WhileLoadingAsync(cancellationToken);
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
            session.Held.Remove(await session.RedisRetryPolicy.RunAsync(() => session.Queue.RenewAsync(page), cancellationToken));
    }

    private async Task UpkeepAsync(IndexSession session, CancellationToken cancellationToken)
    {
        metrics.Saw(await session.Queue.UpkeepAsync());
        await session.Finisher.LookAsync(cancellationToken);
        await Task.Delay(UpkeepPause, cancellationToken);
    }

    [LoggerMessage(6031, LogLevel.Information, "Indexing as {Consumer} from the queue in Redis {Redis}")]
    private partial void LogJoined(string consumer, string redis);

    [LoggerMessage(6032, LogLevel.Error, "The queue's Redis cannot hold a queue, nothing is indexed until it can: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(6033, LogLevel.Error,
        "Grid '{Grid}' indexes nothing: the queue in Redis {Redis} belongs to grid '{Owner}'. Give this grid a Redis or an "
            + "Indexing:KeyPrefix of its own")]
    private partial void LogForeign(string grid, string redis, string owner);

    [LoggerMessage(6034, LogLevel.Warning, "The queue's Redis: {Warning}")]
    private partial void LogWarned(string warning);

    [LoggerMessage(6035, LogLevel.Warning, "Indexing: {What} failed and is repeated: {Reason}")]
    private partial void LogFailed(string what, string reason);

    [LoggerMessage(6036, LogLevel.Warning, "The group of the indexing queue was lost (the stream was deleted?) and is made anew")]
    private partial void LogRemade();

    [LoggerMessage(6037, LogLevel.Information, "Took over {Count} entries of a worker that is silent")]
    private partial void LogClaimed(int count);
}
