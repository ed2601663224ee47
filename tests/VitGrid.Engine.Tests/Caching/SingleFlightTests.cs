using VitGrid.Engine.Caching;

namespace VitGrid.Engine.Tests.Caching;

public sealed class SingleFlightTests
{
    private readonly SingleFlight<string, int> _flights = new();
    private readonly TaskCompletionSource<int> _result = new();
    private int _started;
    private CancellationToken _token;

    [Fact]
    public async Task Two_hundred_equal_requests_at_once_compute_once()
    {
        using Barrier together = new(8);
        Task<int>[][] all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return Enumerable.Range(0, 25).Select(_ => Fly(CancellationToken.None)).ToArray();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        _result.SetResult(7);
        Assert.All(await Task.WhenAll(all.SelectMany(tasks => tasks)), value => Assert.Equal(7, value));
        Assert.Equal(1, _started);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task A_waiter_that_cancels_leaves_alone()
    {
        using CancellationTokenSource leaves = new();
        Task<int> first = Fly(leaves.Token);
        Task<int> second = Fly(CancellationToken.None);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(_token.IsCancellationRequested);
        _result.SetResult(7);
        Assert.Equal(7, await second);
    }

    [Fact]
    public async Task When_the_last_waiter_leaves_the_work_is_cancelled_and_a_later_request_begins_anew()
    {
        using CancellationTokenSource leave = new();
        Task<int> first = Fly(leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(_token.IsCancellationRequested);
        Task<int> later = _flights.RunAsync("key", _ => Task.FromResult(8), CancellationToken.None);
        _result.SetResult(7);
        Assert.Equal(8, await later);
    }

    [Fact]
    public async Task A_failure_reaches_every_waiter_and_is_not_kept()
    {
        Task<int> first = Fly(CancellationToken.None);
        Task<int> second = Fly(CancellationToken.None);
        _result.SetException(new InvalidOperationException("broken"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(8, await _flights.RunAsync("key", _ => Task.FromResult(8), CancellationToken.None));
    }

    [Fact]
    public async Task Different_keys_do_not_wait_for_each_other()
    {
        Task<int> first = Fly(CancellationToken.None);
        Assert.Equal(8, await _flights.RunAsync("other", _ => Task.FromResult(8), CancellationToken.None));
        _result.SetResult(7);
        Assert.Equal(7, await first);
    }

    private Task<int> Fly(CancellationToken cancellationToken) => _flights.RunAsync(
        "key",
        token =>
        {
            Interlocked.Increment(ref _started);
            _token = token;
            return _result.Task;
        },
        cancellationToken);
}
