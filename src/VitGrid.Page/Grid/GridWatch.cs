using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Telemetry;
using VitGrid.Page.Words;

namespace VitGrid.Page.Grid;

/// <summary>
/// Makes one snapshot a second for all pages of this process, while at least one watches; and keeps, whether or not one does, the rates of
/// the last hour and what happened last.
/// </summary>
internal sealed partial class GridWatch(
    GridFeed feed, GridMetrics metrics, TimeProvider time, ILogger<GridWatch> log, GridView? view = null, Backlog? backlog = null)
    : BackgroundService
{
    /// <summary>Events that are kept.</summary>
    public const int MaxEvents = 100;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly GridStatus Nothing = new(0, [], []);

    private readonly RateHistory _history = new();
    private readonly LoadReader _loads = new();
    private readonly LinkedList<GridEvent> _events = new();
    private GridStatus _status = Nothing;
    private IReadOnlyList<GridEvent> _shown = [];
    private bool _isAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using RateListener listener = new(metrics, _history);
        using PeriodicTimer timer = new(Beat, time);
        do
        {
            try
            {
                await StepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The next second has another try; a page shows what there was before.
                LogNotRead(exception);
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        _history.Tick(time.GetElapsedTime(0).TotalSeconds);
        GridStatus status = view?.Status() ?? Nothing;
        // Else it is the same, and pages know it by that.
        if (status.Version != _status.Version)
            Note(status);
        if (feed.Watchers == 0)
            return;
        (IReadOnlyList<WorkerActivity> workers, string? problem) = await ReadLoadsAsync(cancellationToken);
        feed.Publish(new(
            time.GetUtcNow(), _status, _loads.Read(workers), LoadReader.Queues(workers), _history.Summary(), _shown)
        {
            CanDrain = view?.IsClustered == true,
            LoadProblem = problem,
            Forecasts = backlog?.Forecasts() ?? [],
        });
    }

    private void Note(GridStatus status)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((GridEventKind kind, string text) in EventFinder.Between(_status, status))
            _events.AddFirst(new GridEvent(now, kind, text));
        while (_events.Count > MaxEvents)
            _events.RemoveLast();
        (_status, _shown) = (status, [.. _events]);
    }

    private async Task<(IReadOnlyList<WorkerActivity> Workers, string? Problem)> ReadLoadsAsync(CancellationToken cancellationToken)
    {
        if (view is null)
            return ([], null);
        try
        {
            IReadOnlyList<WorkerActivity> workers = await view.LoadsAsync(cancellationToken);
            _isAway = false;
            return (workers, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (!_isAway)
                LogAway(exception.Message);
            _isAway = true;
            return ([], Texts.LoadsUnknown);
        }
    }

    [LoggerMessage(9021, LogLevel.Error, "the grid could not be read for the page")]
    private partial void LogNotRead(Exception failure);

    [LoggerMessage(9022, LogLevel.Information, "the planner does not say how busy the workers are, so the page does not show it: {Reason}")]
    private partial void LogAway(string reason);
}
