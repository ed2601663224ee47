using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Cluster.Membership;

namespace VitGrid.Cluster.Tests.Membership;

/// <summary>What a silo meets in the membership's table when it joins, and when it leaves while that is away.</summary>
public sealed class GridMembershipTests
{
    private readonly WatchedTime _time = new();
    private readonly PlayedTable _table = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);

    [Fact]
    public async Task One_that_was_killed_on_this_machine_is_dead_before_the_next_one_joins_and_one_that_listens_is_not()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _table.Add((IPEndPoint)listener.LocalEndpoint);
        _table.Add(new(IPAddress.Loopback, ClosedPort()));
        _table.Add(new(IPAddress.Loopback, ClosedPort()), SiloStatus.Joining);
        // The clock stands still: nothing was waited for.
        await Membership().InitializeMembershipTableAsync(true, default).WaitAsync(Waits.Limit);
        Assert.Equal([SiloStatus.Active, SiloStatus.Dead, SiloStatus.Dead], Enumerable.Range(0, 3).Select(row => _table[row].Status));
    }

    [Fact]
    public async Task One_of_another_machine_that_cannot_be_reached_stays_as_long_as_it_gives_signs_of_life()
    {
        MembershipEntry alive = _table.Add(new(IPAddress.Parse("240.0.0.1"), 1));
        MembershipEntry silent = _table.Add(new(IPAddress.Parse("240.0.0.2"), 1));
        int reads = 0;
        _table.Reading = () =>
        {
            if (++reads == 3)
                alive.IAmAliveTime += TimeSpan.FromHours(-1);
        };
        Task joining = Membership(_ => Task.FromResult(Reach.Silent)).InitializeMembershipTableAsync(true, default);
        // Time passes only while somebody waits for it.
        while (await Task.WhenAny(joining, _time.Timers.WaitAsync()) != joining)
            _time.Advance(TimeSpan.FromMilliseconds(500));
        await joining;
        Assert.Equal((SiloStatus.Active, SiloStatus.Dead), (alive.Status, silent.Status));
    }

    [Fact]
    public async Task A_leaving_silo_waits_once_for_a_table_that_is_away_and_takes_its_last_words_as_written()
    {
        MembershipEntry self = _table.Add(new(IPAddress.Loopback, ClosedPort()), SiloStatus.Joining);
        GridMembership membership = Membership();
        MembershipTableData last = await membership.ReadAllAsync(default);
        _table.IsAway = true;
        _lifetime.StopApplication();

        Task<MembershipTableData> read = membership.ReadAllAsync(default);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Same(last, await read.WaitAsync(Waits.Limit));
        int asked = _table.Questions;
        self.Status = SiloStatus.Dead;
        Assert.True(await membership.UpdateRowAsync(self, "0", last.Version.Next(), default).WaitAsync(Waits.Limit));
        MembershipTableData own = await membership.ReadAllAsync(default).WaitAsync(Waits.Limit);
        Assert.Equal((last.Version.Version + 1, SiloStatus.Dead), (own.Version.Version, own.Members.Single().Item1.Status));
        Assert.Equal(asked, _table.Questions);
    }

    [Fact]
    public async Task A_silo_that_stays_is_told_that_the_table_is_away_by_the_table_itself()
    {
        _table.Add(new(IPAddress.Loopback, ClosedPort()), SiloStatus.Dead);
        GridMembership membership = Membership();
        await membership.ReadAllAsync(default);
        _table.IsAway = true;
        Task<MembershipTableData> read = membership.ReadAllAsync(default);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(read.IsCompleted);
    }

    private GridMembership Membership(Func<IPEndPoint, Task<Reach>>? reach = null)
    {
        DepartedSilos departed = reach is null
            ? new(new Self(), _time, NullLogger<DepartedSilos>.Instance)
            : new(new Self(), _time, NullLogger<DepartedSilos>.Instance) { TryReach = reach };
        return new(_table, departed, _lifetime, _time, NullLogger<GridMembership>.Instance);
    }

    private static int ClosedPort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private sealed class Self : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "grid";

        public string DnsHostName => "host";

        public SiloAddress SiloAddress { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 99);

        public SiloAddress GatewayAddress => SiloAddress;
    }

    /// <summary>Fake time that tells of each timer that is set.</summary>
    private sealed class WatchedTime : FakeTimeProvider
    {
        public SemaphoreSlim Timers { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Timers.Release();
            return timer;
        }
    }
}
