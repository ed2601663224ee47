using Microsoft.Extensions.Logging;

namespace VitGrid.Page.Grid;

/// <summary>
/// Gives each snapshot to all who watch. The one place at which pages are called from outside their circuits: what a page throws ends its
/// own subscription and nothing else, and a page that is slower than the snapshots misses some. Any thread may call.
/// </summary>
public sealed partial class GridFeed(ILogger<GridFeed> log)
{
    private readonly Lock _gate = new();
    private Subscription[] _watchers = [];

    /// <summary>How many watch; while nobody does, no snapshot is made.</summary>
    public int Watchers => Volatile.Read(ref _watchers).Length;

    /// <summary>The newest snapshot; null before the first.</summary>
    public GridSnapshot? Latest { get; private set; }

    /// <summary>Has each snapshot shown from now on, until the result is disposed of.</summary>
    /// <param name="show">Shows one, in the page's own circuit.</param>
    public IDisposable Subscribe(Func<GridSnapshot, Task> show)
    {
        Subscription subscription = new(this, show);
        lock (_gate)
            Volatile.Write(ref _watchers, [.. _watchers, subscription]);
        return subscription;
    }

    /// <summary>Gives a snapshot to all who watch, and waits for none of them.</summary>
    public void Publish(GridSnapshot snapshot)
    {
        Latest = snapshot;
        foreach (Subscription watcher in Volatile.Read(ref _watchers))
            watcher.Offer(snapshot);
    }

    private void Drop(Subscription subscription)
    {
        lock (_gate)
            Volatile.Write(ref _watchers, [.. _watchers.Where(watcher => watcher != subscription)]);
    }

    private sealed class Subscription(GridFeed feed, Func<GridSnapshot, Task> show) : IDisposable
    {
        private int _busy;

        public void Offer(GridSnapshot snapshot)
        {
            if (Interlocked.Exchange(ref _busy, 1) == 0)
                _ = ShowAsync(snapshot);
        }

        public void Dispose() => feed.Drop(this);

        private async Task ShowAsync(GridSnapshot snapshot)
        {
            try
            {
                await show(snapshot);
                Volatile.Write(ref _busy, 0);
            }
            catch (Exception exception)
            {
                // Its circuit has ended, or the page has a fault: it stays busy, so that nothing is offered again.
                feed.Drop(this);
                feed.LogDropped(exception.GetType().Name);
            }
        }
    }

    [LoggerMessage(9011, LogLevel.Debug, "a page no longer watches the grid ({Reason})")]
    private partial void LogDropped(string reason);
}
