using Microsoft.Extensions.Logging;
using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Work;

/// <summary>
/// A worker's part in the queue, from when it has joined the group until it leaves it. What belongs together is made here.
/// </summary>
internal sealed class IndexSession : IAsyncDisposable
{
    private readonly IndexingOptions _options;
    private readonly Dispatcher _dispatcher;
    private readonly Settlement _settlement;
    private readonly CancellationTokenSource _items = new();
    private readonly CancellationTokenSource _parts = new();
    private readonly TimeSpan _drain;
    private readonly ILogger _logger;

    public IndexSession(QueueConnection connection, string consumer, IndexingOptions options, IndexedGrid grid, IndexMetrics metrics,
        ILoggerFactory loggers)
    {
        TimeProvider time = TimeProvider.System;
        (CancellationToken items, CancellationToken parts) = (_items.Token, _parts.Token);
        (_options, _drain) = (options, grid.Drain);
        Backoff backoff = new(TimeSpan.FromMilliseconds(options.BackoffMilliseconds), TimeSpan.FromMilliseconds(
            options.MaxBackoffMilliseconds));
        _logger = loggers.CreateLogger<IndexSession>();
        RedisRetryPolicy = new(new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2)), _logger);
        TimeSpan stallAfter = TimeSpan.FromMilliseconds(options.StallMilliseconds);
        Queue = new(connection, consumer);
        JobStore jobs = new(connection, time);
        _settlement = new(Queue, Held, RedisRetryPolicy, metrics, loggers.CreateLogger<Settlement>());
        PartWriter writer = new(Queue, jobs, _settlement, RedisRetryPolicy, backoff, loggers.CreateLogger<PartWriter>());
        Registry = new(jobs, job => new(
            job, new(job.Id, job.Settings, grid, stallAfter, time), options, (run, rows) => writer.WriteAsync(run, rows, parts), time));
        Pressure = new(backoff, time);
        ItemMemory memory = new(new(options.MaxBytes), new(options.MaxBytes));
        ItemRunner runner = new(grid, memory, Pressure, _settlement, backoff, options.MaxAttempts);
        Credits = new(options.MaxItems);
        _dispatcher = new(Registry, Held, _settlement, options.MaxDeliveries, loggers.CreateLogger<Dispatcher>()) { Begin = (
            run, item) => _ = Task.Run(() => BeginAsync(runner, run, item, items)) };
        Recovery = new(Queue, Registry, metrics, loggers.CreateLogger<Recovery>());
        Finisher = new(jobs, Registry, grid.IsLoading, consumer, stallAfter, time, loggers.CreateLogger<Finisher>());
    }

    public IndexQueue Queue { get; }

    public HeldEntries Held { get; } = new();

    public RedisRetryPolicy RedisRetryPolicy { get; }

    public Pressure Pressure { get; }

    public Recovery Recovery { get; }

    public Finisher Finisher { get; }

    /// <summary>One for each item between queue and part.</summary>
    public SemaphoreSlim Credits { get; }

    private JobRegistry Registry { get; }

    /// <summary>Takes entries for which <paramref name="credits"/> were taken; those that are not needed are given back.</summary>
    public async Task TakeAsync(IndexItem[] items, int credits, CancellationToken cancellationToken)
    {
        int spare = credits - items.Length + await _dispatcher.TakeAsync(items, cancellationToken);
        if (spare > 0)
            Credits.Release(spare);
    }

    /// <summary>Lets what is under way finish, writes what has gathered, and leaves the rest to others.</summary>
    public async ValueTask DisposeAsync()
    {
        _items.CancelAfter(_drain);
        for (int i = 0; i < _options.MaxItems; i++)
            await Credits.WaitAsync(_items.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _parts.CancelAfter(_drain);
        await Finisher.EndAsync();
        await Registry.DisposeAsync();
        using CancellationTokenSource last = new(TimeSpan.FromSeconds(2));
        await _settlement.ReleaseAsync(Held.All, last.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _items.Dispose();
        _parts.Dispose();
    }

    private async Task BeginAsync(ItemRunner runner, JobRun run, IndexItem item, CancellationToken cancellationToken)
    {
        using IDisposable? scope = _logger.IsEnabled(LogLevel.Debug) ? RequestScope.Begin(_logger, item.RequestId) : null;
        try
        {
            await runner.RunAsync(run, item, cancellationToken);
        }
        finally
        {
            Credits.Release();
        }
    }
}
