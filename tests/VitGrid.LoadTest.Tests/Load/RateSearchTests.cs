using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.LoadTest.Load;

namespace VitGrid.LoadTest.Tests.Load;

/// <summary>The search for the highest rate, on servers that are a formula.</summary>
public sealed class RateSearchTests
{
    [Property(MaxTest = 200)]
    public Property The_rate_found_holds_and_is_near_the_limit() => Prop.ForAll(
        Gen.Choose(5, 100_000).Select(tenths => tenths / 10.0).ToArbitrary(),
        limit => Find(first: 1, rate => rate <= limit) is { } found && found <= limit && limit / found <= RateSearch.Close);

    [Fact]
    public void A_queueing_curve_gives_the_rate_at_which_it_crosses_the_bound()
    {
        // M/M/1 at 100 a second: p99 of the time in the system is ln(100) / (100 - rate); 200 ms are reached at 77 a second.
        double? found = Find(first: 5, rate => rate < 100 && Math.Log(100) / (100 - rate) <= 0.2);
        Assert.InRange(found!.Value, 77 / RateSearch.Close, 77);
    }

    [Fact]
    public void A_server_that_holds_nothing_has_no_rate() => Assert.Null(Find(first: 8, _ => false));

    [Fact]
    public void A_server_that_holds_everything_ends_the_search_after_twenty_probes() =>
        Assert.Equal(Math.Pow(2, 19), Find(first: 1, _ => true));

    [Theory]
    [InlineData("p99=200ms", 99, 200)]
    [InlineData("p50=1.5s", 50, 1500)]
    [InlineData("p99.9=3ms", 99.9, 3)]
    public void A_bound_is_a_percentile_and_a_time(string text, double percent, double milliseconds) =>
        Assert.Equal(new(percent, milliseconds), LatencyGoal.Parse(text));

    [Theory]
    [InlineData("p99")]
    [InlineData("p0=1s")]
    [InlineData("p101=1s")]
    [InlineData("p99=200")]
    [InlineData("p99=-1ms")]
    [InlineData("99=1ms")]
    public void A_bound_of_another_form_is_refused(string text) => Assert.Throws<FormatException>(() => LatencyGoal.Parse(text));

    private static double? Find(double first, Func<double, bool> holds)
    {
        RateSearch search = new(first);
        while (search.Next is { } rate)
            search.Tell(holds(rate));
        return search.Held;
    }
}
