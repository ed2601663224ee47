using System.Collections.Concurrent;
using VitGrid.Indexing;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Spool;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// Looks after the batches that are not over, and removes files that have expired. Of all front ends one at a time has a batch, by a lease
/// that runs out when its process dies; every step may be begun anew by the next.
/// </summary>
internal sealed partial class BatchKeeper(
    QueueGateway queue, BatchExecution course, SpoolFolder spool, TimeProvider time, ILogger<BatchKeeper> log) : BackgroundService
{
    private const int MaxAtOnce = 4;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly string _owner = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, Task> _kept = new();
    private readonly RepeatedReason _away = new(time);
    private DateTimeOffset _nextSweep;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer looks = new(BetweenLooks);
        try
        {
            while (await looks.WaitForNextTickAsync(stoppingToken))
                await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The process ends; what was begun is begun anew by another, or when it is back.
        }
        await Task.WhenAll(_kept.Values);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            IndexJobService service = await queue.ServiceAsync();
            await SweepAsync(service);
            foreach (string id in await service.Batches.OpenAsync())
                await BeginAsync(service, id, cancellationToken);
            _away.Forget();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Redis or the spool; a loop that ended here would take the process with it.
            if (_away.IsNews(exception.Message))
                LogAway(exception.Message);
        }
    }

    private async Task BeginAsync(IndexJobService service, string id, CancellationToken cancellationToken)
    {
        try
        {
            if (_kept.Count < MaxAtOnce && !_kept.ContainsKey(id) && await service.Batches.LeaseAsync(id, _owner, Lease))
                _kept[id] = Task.Run(() => KeepAsync(service, id, cancellationToken), CancellationToken.None);
        }
        catch (IndexException exception)
        {
            // Something else stands where this batch's keys should: the others go on.
            LogFailed(id, exception.Message);
        }
    }

    /// <summary>Every front end does it: what another has removed is no fault.</summary>
    private async Task SweepAsync(IndexJobService service)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < _nextSweep)
            return;
        _nextSweep = now + BetweenSweeps;
        IReadOnlyList<BatchRecord> unfinished = await service.Batches.UnfinishedAsync();
        try
        {
            spool.Sweep(now, unfinished.Select(batch => batch.InputFile).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogSweep(exception.Message);
        }
    }

    /// <summary>Does not fail.</summary>
    private async Task KeepAsync(IndexJobService service, string id, CancellationToken cancellationToken)
    {
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task renewing = RenewAsync(service, id, lost);
        try
        {
            while (await course.StepAsync(service, id, lost.Token))
                lost.Token.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            // Left to others.
        }
        catch (Exception exception)
        {
            LogFailed(id, exception.Message);
        }
        await lost.CancelAsync();
        await renewing;
        await service.Batches.ReleaseAsync(id, _owner).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kept.TryRemove(id, out _);
    }

    private async Task RenewAsync(IndexJobService service, string id, CancellationTokenSource lost)
    {
        using PeriodicTimer renewals = new(Lease / 3);
        try
        {
            while (await renewals.WaitForNextTickAsync(lost.Token) && await service.Batches.LeaseAsync(id, _owner, Lease))
            {
                // Kept.
            }
            await lost.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // No longer needed.
        }
        catch (IndexException)
        {
            await lost.CancelAsync();
        }
    }

    [LoggerMessage(7001, LogLevel.Warning, "Files and batches wait: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(7002, LogLevel.Warning, "Batch {Batch} does not go on at present and is tried again: {Reason}")]
    private partial void LogFailed(string batch, string reason);

    [LoggerMessage(7003, LogLevel.Warning, "Files that have expired are not removed from the spool at present: {Reason}")]
    private partial void LogSweep(string reason);
}
