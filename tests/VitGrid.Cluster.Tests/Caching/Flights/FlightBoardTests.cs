using VitGrid.Cluster.Caching.Flights;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tests.Caching.Flights;

public sealed class FlightBoardTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private readonly FlightBoard _board = new(Lease);
    private readonly Guid _first = Guid.NewGuid(), _second = Guid.NewGuid(), _third = Guid.NewGuid();

    [Fact]
    public async Task The_first_leads_and_all_others_get_its_vector()
    {
        Assert.True((await Join(_first)).Leads);
        Task<FlightTurn>[] others = [Join(_second), Join(_third)];
        Assert.DoesNotContain(others, turn => turn.IsCompleted);
        _board.Land("key", _first, new(false, [1, 2]), At(1));
        Assert.All(await Task.WhenAll(others), turn => Assert.Equal([1f, 2f], turn.Vector!));
        Assert.Equal(0, _board.Count);
    }

    [Fact]
    public async Task A_failure_is_nobody_elses_the_next_in_line_leads()
    {
        _ = Join(_first);
        Task<FlightTurn> second = Join(_second), third = Join(_third);
        _board.Land("key", _first, null, At(1));
        Assert.True((await second).Leads);
        Assert.False(third.IsCompleted);
        _board.Land("key", _second, new(false, [3]), At(1));
        Assert.Equal(3f, Assert.Single((await third).Vector!));
    }

    [Fact]
    public async Task A_leader_that_falls_silent_is_given_up_and_one_that_renews_is_not()
    {
        _ = Join(_first);
        Task<FlightTurn> second = Join(_second);
        _board.Renew("key", _first, At(1.5));
        _board.Expire("key", At(3.4));
        Assert.False(second.IsCompleted);
        _board.Expire("key", At(3.5));
        Assert.True((await second).Leads);
        _board.Land("key", _first, new(false, [1]), At(4));
        Assert.Equal(1, _board.Count);
    }

    [Fact]
    public async Task Who_leaves_is_passed_over_and_a_lead_that_came_too_late_goes_on()
    {
        _ = Join(_first);
        _ = Join(_second);
        Task<FlightTurn> third = Join(_third);
        _board.Leave("key", _second, At(0));
        _board.Land("key", _first, null, At(0));
        Assert.True((await third).Leads);
        _board.Leave("key", _third, At(0));
        Assert.Equal(0, _board.Count);
    }

    [Fact]
    public async Task Leaders_that_died_with_nobody_waiting_are_forgotten()
    {
        _ = Join(_first);
        _ = _board.Join("other", _second, At(5));
        Assert.Equal(1, _board.Count);
        Assert.True((await Join(_third, 5)).Leads);
    }

    private Task<FlightTurn> Join(Guid ticket, double at = 0) => _board.Join("key", ticket, At(at));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(100 + seconds);
}
