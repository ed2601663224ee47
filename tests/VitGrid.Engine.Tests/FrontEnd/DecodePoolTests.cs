using VitGrid.Engine.Options;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.Tests.FrontEnd;

public sealed class DecodePoolTests : IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue / 2;

    private readonly FakeTimeProvider _time = new();
    private readonly Gate _gate = new();
    private readonly DecodePool _pool;

    public DecodePoolTests() => _pool = new(new GridOptions { Models = [], Images = new() { DecodeThreads = 1 } }, _time);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public async Task Costly_images_wait_for_each_other_and_never_hold_up_the_others()
    {
        using DecodePool pool = new(
            new GridOptions { Models = [], Images = new() { DecodeThreads = 2, MaxDecodeBytes = 100 << 20 } }, _time);
        DecodeCost heavy = new(50 << 20, 0);
        Gate second = new();
        Task first = pool.RunAsync(_gate.Pass, heavy, Lane.Interactive, Never, CancellationToken.None);
        await _gate.Arrived;
        Task waits = pool.RunAsync(second.Pass, heavy, Lane.Interactive, Never, CancellationToken.None);
        for (int i = 0; i < 10; i++)
            await pool.RunAsync(() => { }, new(1 << 20, 0), Lane.Bulk, Never, CancellationToken.None).WaitAsync(Waits.Limit);
        Assert.False(second.HasArrived);
        _gate.Open();
        await second.Arrived;
        second.Open();
        await Task.WhenAll(first, waits).WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task Work_runs_on_threads_of_its_own_and_its_failure_is_the_callers()
    {
        bool pooled = true;
        await _pool.RunAsync(
            () => pooled = Thread.CurrentThread.IsThreadPoolThread, default, Lane.Interactive, Never, CancellationToken.None);
        Assert.False(pooled);
        await Assert.ThrowsAsync<FormatException>(
            () => _pool.RunAsync(() => throw new FormatException(), default, Lane.Interactive, Never, CancellationToken.None));
    }

    [Fact]
    public async Task An_interactive_image_does_not_wait_behind_a_heap_of_bulk_ones()
    {
        List<string> order = [];
        Task held = _pool.RunAsync(_gate.Pass, default, Lane.Bulk, Never, CancellationToken.None);
        await _gate.Arrived;
        List<Task> all = [held, .. Enumerable.Range(0, 10).Select(
            _ => _pool.RunAsync(() => order.Add("bulk"), default, Lane.Bulk, Never, CancellationToken.None))];
        all.Add(_pool.RunAsync(() => order.Add("interactive"), default, Lane.Interactive, Never, CancellationToken.None));
        _gate.Open();
        await Task.WhenAll(all).WaitAsync(Waits.Limit);
        Assert.Equal("interactive", order[0]);
    }

    [Fact]
    public async Task Cancelled_and_expired_work_is_not_begun()
    {
        int begun = 0;
        using CancellationTokenSource leaves = new();
        Task held = _pool.RunAsync(_gate.Pass, default, Lane.Bulk, Never, CancellationToken.None);
        await _gate.Arrived;
        Task cancelled = _pool.RunAsync(() => begun++, default, Lane.Bulk, Never, leaves.Token);
        Task expired = _pool.RunAsync(() => begun++, default, Lane.Bulk, _time.Now() + TimeSpan.FromSeconds(1), CancellationToken.None);
        await leaves.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        _gate.Open();
        await held;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(GridFault.DeadlineExceeded, (await Assert.ThrowsAsync<GridException>(() => expired)).Fault);
        Assert.Equal(0, begun);
    }

    [Fact]
    public async Task Disposing_finishes_what_waits_and_takes_no_more()
    {
        Task held = _pool.RunAsync(_gate.Pass, default, Lane.Bulk, Never, CancellationToken.None);
        Task waits = _pool.RunAsync(() => { }, default, Lane.Bulk, Never, CancellationToken.None);
        await _gate.Arrived;
        _pool.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => _pool.RunAsync(() => { }, default, Lane.Bulk, Never, CancellationToken.None));
        _gate.Open();
        await Task.WhenAll(held, waits).WaitAsync(Waits.Limit);
    }
}
