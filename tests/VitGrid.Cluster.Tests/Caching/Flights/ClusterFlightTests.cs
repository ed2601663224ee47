using Microsoft.Extensions.Time.Testing;
using VitGrid.Cluster.Caching.Flights;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Caching.Flights;

/// <summary>A front end's part in a flight, beside a grain that a test plays.</summary>
public sealed class ClusterFlightTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50);
    private static readonly EmbeddingKey Key = new("vg:1:tiny:f:fp32:crop:4:cls", 1, 2);

    private readonly CountedTime _time = new();
    private readonly PlayedGrain _grain = new();
    private readonly float[] _own = [1], _others = [2];
    private readonly ClusterFlight _flight;
    private int _computed;

    public ClusterFlightTests() => _flight = new(_ => _grain, Bound, _time);

    [Fact]
    public async Task A_leader_computes_and_lands_with_its_vector()
    {
        _grain.Join.SetResult(FlightTurn.Lead);
        Assert.Same(_own, (await RunAsync()).Vector);
        Assert.Equal(_own, (await _grain.Landed.Task).Vector);
    }

    [Fact]
    public async Task A_follower_gets_the_leaders_vector_and_computes_nothing()
    {
        Task<Computed> run = RunAsync();
        _grain.Join.SetResult(new(false, _others));
        Computed computed = await run;
        Assert.Equal((_others, false, 0), (computed.Vector, computed.FromCache, _computed));
    }

    [Fact]
    public async Task A_leader_that_fails_lands_with_nothing()
    {
        _grain.Join.SetResult(FlightTurn.Lead);
        await Assert.ThrowsAsync<GridException>(() => RunAsync(compute: _ => throw new GridException(GridFault.SegmentFailed, "broken")));
        Assert.Null((await _grain.Landed.Task).Vector);
    }

    [Fact]
    public async Task A_grain_that_does_not_answer_within_the_bound_is_not_waited_for_and_not_asked_for_a_while()
    {
        Task<Computed> run = RunAsync();
        _time.Advance(Bound / 2);
        Assert.True(SpinWait.SpinUntil(() => _time.Timers == 2, Waits.Limit), "the grain is not asked whether it is there");
        _time.Advance(Bound);
        Assert.Same(_own, (await run).Vector);
        Assert.Same(_own, (await RunAsync()).Vector);
        Assert.Equal(1, _grain.Joins);

        _grain.Join.SetResult(FlightTurn.Lead);
        Assert.Null((await _grain.Landed.Task).Vector);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RunAsync();
        Assert.Equal(2, _grain.Joins);
    }

    [Fact]
    public async Task A_call_that_cannot_be_sent_is_no_failure_of_the_image()
    {
        _grain.Join.SetException(new SiloUnavailableException("no silo"));
        Assert.Same(_own, (await RunAsync()).Vector);
    }

    [Fact]
    public async Task An_image_with_little_time_left_is_computed_at_once()
    {
        Assert.Same(_own, (await RunAsync(remaining: Bound)).Vector);
        Assert.Equal(0, _grain.Joins);
    }

    [Fact]
    public async Task A_caller_that_leaves_takes_its_place_in_line_with_it()
    {
        using CancellationTokenSource leave = new();
        Task<Computed> run = RunAsync(cancellationToken: leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(_grain.Leave.IsCancellationRequested);
        Assert.Equal(0, _computed);
    }

    private Task<Computed> RunAsync(
        ComputeVector? compute = null, TimeSpan? remaining = null, CancellationToken cancellationToken = default) =>
        _flight.RunAsync(Key, remaining ?? TimeSpan.FromMinutes(1), compute ?? ComputeAsync, cancellationToken);

    private Task<Computed> ComputeAsync(CancellationToken cancellationToken)
    {
        _computed++;
        return Task.FromResult(new Computed(_own, false, default, default, default));
    }

    /// <summary>Answers when the test says so.</summary>
    private sealed class PlayedGrain : IFlightGrain
    {
        public TaskCompletionSource<FlightTurn> Join { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<FlightLanding> Landed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Joins { get; private set; }

        public CancellationToken Leave { get; private set; }

        public Task<FlightTurn> JoinAsync(string key, Guid ticket, TimeSpan timeout, CancellationToken cancellationToken)
        {
            Joins++;
            Leave = cancellationToken;
            return Join.Task;
        }

        public Task RenewAsync(string key, Guid ticket) => Task.CompletedTask;

        public Task LandAsync(string key, Guid ticket, FlightLanding landing)
        {
            Landed.TrySetResult(landing);
            return Task.CompletedTask;
        }

        public Task WatchAsync(string key) => Task.Delay(Timeout.Infinite);
    }

    /// <summary>Tells how many timers were made: whoever advances time must not be too early.</summary>
    private sealed class CountedTime : FakeTimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }
}
