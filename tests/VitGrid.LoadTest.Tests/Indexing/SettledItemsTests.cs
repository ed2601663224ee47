using VitGrid.LoadTest.Indexing;

namespace VitGrid.LoadTest.Tests.Indexing;

/// <summary>The rate of a job whose items become durable by parts.</summary>
public sealed class SettledItemsTests
{
    [Fact]
    public void The_rate_is_that_between_the_first_part_and_the_last_but_one() =>
        Assert.Equal(50, Played((5, 100), (7, 200), (9, 300), (20, 310)).PerSecond());

    [Fact]
    public void Looking_more_often_changes_nothing() =>
        Assert.Equal(50, Played((0, 0), (5, 100), (6, 100), (7, 200), (8, 200), (9, 300), (20, 310), (21, 310)).PerSecond());

    [Fact]
    public void All_that_are_durable_are_counted_since_the_last_became_so() =>
        Assert.Equal((310, TimeSpan.FromSeconds(20)),
            (Played((5, 100), (20, 310), (30, 310)).Items, Played((5, 100), (20, 310), (30, 310)).Since));

    [Fact]
    public void Two_parts_tell_no_rate() => Assert.Throws<InvalidOperationException>(() => Played((5, 100), (20, 310)).PerSecond());

    private static SettledItems Played(params (double Second, long Items)[] looks)
    {
        SettledItems settled = new();
        foreach ((double second, long items) in looks)
            settled.Saw(TimeSpan.FromSeconds(second), items);
        return settled;
    }
}
