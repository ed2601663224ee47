using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Engine.Health;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Tests.Health;

public sealed class DeviceGuardTests : IAsyncDisposable
{
    private const string Device = "played:0";

    private readonly Gate _gate = new();
    private readonly KeptDevice _kept = new();
    private readonly DeviceThread _thread = new(Device, 4);
    private readonly DeviceHealth _health = new(TimeProvider.System);
    private readonly DeviceGuard _guard;

    public DeviceGuardTests() => _guard = new(
        Device, _thread, _health,
        new() { RunFloorMilliseconds = 100, LostMilliseconds = 100, BackoffMilliseconds = 50, MaxBackoffMilliseconds = 50 },
        null, _kept);

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await _guard.DisposeAsync();
        await _thread.DisposeAsync();
    }

    [Fact]
    public async Task A_run_that_fails_is_told_itself_and_what_waits_behind_it_never_begins()
    {
        _guard.HasSpare = _ => true;
        Task<int> breaker = RunAsync(() =>
        {
            _gate.Pass();
            throw new SegmentRunException(RunFailure.Device, "it broke");
        });
        await _gate.Arrived;
        int began = 0;
        Task<int> behind = RunAsync(() => ++began);
        _gate.Open();
        Assert.Equal("it broke", (await Assert.ThrowsAsync<SegmentRunException>(() => breaker)).Message);
        Assert.False((await Assert.ThrowsAsync<DeviceOutException>(() => behind)).IsBreaker);
        Assert.Equal(0, began);
        Assert.Equal((IllnessKind.Threw, "it broke"), (_health.Find(Device).Illness!.Kind, _health.Find(Device).Illness!.Reason));
    }

    [Fact]
    public async Task A_device_without_a_segment_comes_back_after_its_pause()
    {
        await Assert.ThrowsAsync<SegmentRunException>(() => RunAsync(() => throw new SegmentRunException(RunFailure.Device, "once")));
        Assert.True(SpinWait.SpinUntil(() => _guard.Serves, Waits.Limit), "it never came back");
        Assert.Equal(DeviceState.Healthy, _health.Find(Device).State);
        // Rounds of no probes say nothing of what it has answered.
        Assert.Null(_health.Find(Device).LastGoodProbe);
        Assert.Equal(7, await RunAsync(() => 7));
    }

    [Fact]
    public async Task A_context_that_is_lost_stays_lost()
    {
        await Assert.ThrowsAsync<SegmentRunException>(() => RunAsync(() => throw new SegmentRunException(RunFailure.Context, "700")));
        Assert.Equal(DeviceState.Lost, _health.Find(Device).State);
        DeviceOutException refused = await Assert.ThrowsAsync<DeviceOutException>(() => RunAsync(() => 7));
        Assert.Contains("700", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunFailure.Input)]
    [InlineData(RunFailure.Memory)]
    public async Task What_is_the_inputs_or_the_sizes_leaves_the_device_where_it_is(RunFailure failure)
    {
        await Assert.ThrowsAsync<SegmentRunException>(() => RunAsync(() => throw new SegmentRunException(failure, "no")));
        Assert.True(_guard.Serves);
        Assert.Equal(DeviceState.Healthy, _health.Find(Device).State);
    }

    [Fact]
    public async Task A_run_past_its_bound_is_given_up_at_once_and_its_result_is_thrown_away_when_it_comes()
    {
        _guard.HasSpare = _ => true;
        await LearnAsync();
        TaskCompletionSource<int> discarded = new();
        Task<int> late = RunAsync(
            () =>
            {
                _gate.Pass();
                return 7;
            },
            discarded.SetResult);
        Assert.True((await Assert.ThrowsAsync<DeviceOutException>(() => late.WaitAsync(Waits.Limit))).IsBreaker);
        Assert.True(_guard.IsStuck);
        Assert.Equal(IllnessKind.Hung, _health.Find(Device).Illness!.Kind);
        Assert.Contains("allowed are 100 ms", _health.Find(Device).Illness!.Reason, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => _health.Find(Device).State == DeviceState.Lost, Waits.Limit), "it was never lost");
        _gate.Open();
        Assert.Equal(7, await discarded.Task.WaitAsync(Waits.Limit));
        Assert.False(_guard.IsStuck);
    }

    [Fact]
    public async Task The_last_device_of_a_model_is_kept_however_slow()
    {
        await LearnAsync();
        Task<int> slow = RunAsync(() =>
        {
            _gate.Pass();
            return 7;
        });
        await _gate.Arrived;
        await _kept.Said;
        Assert.True(_guard.Serves);
        _gate.Open();
        Assert.Equal(7, await slow);
        Assert.Equal(DeviceState.Healthy, _health.Find(Device).State);
    }

    [Fact]
    public async Task A_device_whose_rate_is_down_for_a_minute_serves_on_as_slow_with_its_share_until_the_rate_is_back()
    {
        FakeTimeProvider time = new();
        await using DeviceThread thread = new("played:1", 4);
        await using DeviceGuard guard = new("played:1", thread, _health, new(), null, _kept) { Time = time };
        Task<int> TakingAsync(double seconds) => RunAsync(guard, thread, () =>
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            return 0;
        });
        for (int i = 0; i < 31; i++)
            await TakingAsync(0.1);
        for (int i = 0; i < 16 + 60; i++)
        {
            Assert.Equal(DeviceState.Healthy, _health.Find("played:1").State);
            await TakingAsync(1);
        }
        await TakingAsync(1);
        DeviceStatus status = _health.Find("played:1");
        Assert.Equal((DeviceState.Slow, IllnessKind.TooSlow), (status.State, status.Illness!.Kind));
        Assert.True(status.Serves && guard.Serves);
        Assert.False(status.Illness.DoubtsAnswers);
        Assert.Equal(0.1, status.Share, tolerance: 0.01);
        for (int i = 0; i < 16; i++)
            await TakingAsync(0.1);
        Assert.Equal((DeviceState.Healthy, 1), (_health.Find("played:1").State, _health.Find("played:1").Share));
    }

    [Fact]
    public async Task Whoever_tells_that_it_is_sick_it_takes_no_more()
    {
        _health.Report(Device, DeviceState.Out, IllnessKind.Disagreed, "another replica knows better");
        Assert.False(_guard.Serves);
        await Assert.ThrowsAsync<DeviceOutException>(() => RunAsync(() => 7));
    }

    private async Task LearnAsync()
    {
        for (int i = 0; i < RunTimes.Enough; i++)
            await RunAsync(() => i);
    }

    private Task<int> RunAsync(Func<int> work, Action<int>? discard = null) => RunAsync(_guard, _thread, work, discard);

    private static Task<int> RunAsync(DeviceGuard guard, DeviceThread thread, Func<int> work, Action<int>? discard = null)
    {
        GuardedRun run = DeviceGuard.Prepare("m", 0, 1);
        return guard.WhileServingAsync(run, thread.RunAsync(() => guard.Run(run, work)), discard ?? (_ => { }));
    }

    /// <summary>Waits for the line that says that a device is kept although it is slow.</summary>
    private sealed class KeptDevice : ILogger
    {
        private const int Number = 4045;

        private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Said => _said.Task.WaitAsync(Waits.Limit);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == Number)
                _said.TrySetResult();
        }
    }
}
