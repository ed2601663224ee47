using VitGrid.LoadTest.Trials;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests;

/// <summary>How trials judge what they saw.</summary>
public sealed class TrialTests
{
    [Fact]
    public void A_server_has_recovered_from_the_interval_on_after_which_nothing_was_slow_or_refused() =>
        Assert.Equal(3, Recovery.From([Slow(0), Good(1), Refused(2), Good(3), Good(4)], bound: 50));

    [Fact]
    public void A_server_that_was_never_disturbed_has_recovered_at_once() => Assert.Equal(0, Recovery.From([Good(0), Good(1)], bound: 50));

    [Fact]
    public void A_server_that_ends_slow_has_not_recovered() => Assert.Null(Recovery.From([Good(0), Slow(1)], bound: 50));

    [Fact]
    public void Memory_is_flat_when_it_grows_in_the_first_third_only()
    {
        Assert.True(LoadedServer.MemoryOf([0, 500L << 20, 510L << 20]).Holds);
        Assert.False(LoadedServer.MemoryOf([0, 500L << 20, 600L << 20]).Holds);
        Assert.False(LoadedServer.MemoryOf([]).Holds);
    }

    [Fact]
    public void Percentiles_are_steady_when_the_last_third_is_like_the_first()
    {
        Assert.True(Steady.Steadiness([Good(0), Slow(1), Good(2)]).Holds);
        Assert.False(Steady.Steadiness([Good(0), Good(1), Slow(2)]).Holds);
    }

    [Fact]
    public void A_bound_itself_holds()
    {
        Assert.Equal("held    p99: 50 ms, wanted at most 50 ms", Check.AtMost("p99", 50, 50, "ms").ToString());
        Assert.Equal("MISSED  part: 0.69, wanted at least 0.7", Check.AtLeast("part", 0.69, 0.7, "").ToString());
    }

    private static IntervalReport Good(double second) => new(second, 5, 5, 0, 0, 10, 20, 20);

    private static IntervalReport Slow(double second) => new(second, 5, 5, 0, 0, 10, 90, 90);

    private static IntervalReport Refused(double second) => new(second, 4, 4, 1, 0, 10, 20, 20);
}
