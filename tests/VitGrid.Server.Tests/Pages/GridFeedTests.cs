using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Page.Grid;

namespace VitGrid.Server.Tests.Pages;

/// <summary>Snapshots for all who watch.</summary>
public sealed class GridFeedTests
{
    private readonly GridFeed _feed = new(NullLogger<GridFeed>.Instance);

    [Fact]
    public void A_page_that_throws_a_thousand_times_ends_itself_and_no_other()
    {
        int shown = 0, thrown = 0;
        using IDisposable good = _feed.Subscribe(_ =>
        {
            shown++;
            return Task.CompletedTask;
        });
        for (int round = 0; round < 1_000; round++)
        {
            _feed.Subscribe(_ =>
            {
                thrown++;
                throw new ObjectDisposedException("page");
            });
            _feed.Publish(Snapshot(round));
            _feed.Publish(Snapshot(round));
        }
        Assert.Equal((2_000, 1_000, 1), (shown, thrown, _feed.Watchers));
    }

    [Fact]
    public async Task A_page_that_is_slow_misses_snapshots_and_then_sees_the_newest()
    {
        List<DateTimeOffset> seen = [];
        TaskCompletionSource slow = new();
        using IDisposable watching = _feed.Subscribe(async snapshot =>
        {
            seen.Add(snapshot.At);
            await slow.Task;
        });
        _feed.Publish(Snapshot(1));
        _feed.Publish(Snapshot(2));
        Assert.Equal([Snapshot(1).At], seen);
        slow.SetResult();
        await Task.Yield();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (seen.Count < 2)
        {
            Assert.False(limit.IsCancellationRequested, "the third snapshot was never shown");
            _feed.Publish(Snapshot(3));
            await Task.Yield();
        }
        Assert.Equal(Snapshot(3).At, seen[1]);
    }

    [Fact]
    public void Who_watches_no_more_is_told_nothing()
    {
        int shown = 0;
        IDisposable watching = _feed.Subscribe(_ => Task.FromResult(shown++));
        _feed.Publish(Snapshot(1));
        watching.Dispose();
        _feed.Publish(Snapshot(2));
        Assert.Equal((1, 0), (shown, _feed.Watchers));
        Assert.Equal(Snapshot(2).At, _feed.Latest!.At);
    }

    internal static GridSnapshot Snapshot(int second) => new(
        DateTimeOffset.UnixEpoch.AddSeconds(second), new(0, [], []), [], [], new RateHistory().Summary(), []);
}
