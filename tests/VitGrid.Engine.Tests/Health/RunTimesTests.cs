using VitGrid.Engine.Caching;
using VitGrid.Engine.Health;

namespace VitGrid.Engine.Tests.Health;

public sealed class RunTimesTests
{
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(10);
    private static readonly RunShape Four = new("m", 0, 4);
    private readonly RunTimes _times = new(3, Floor);

    [Fact]
    public void A_shape_that_was_seen_often_may_take_three_times_its_median()
    {
        Add(Four, 100, 100, 100, 100, 900, 100, 100, 100);
        Assert.Equal(TimeSpan.FromMilliseconds(300), _times.Bound(Four));
        Assert.Equal(TimeSpan.FromMilliseconds(100), _times.Median(Four));
    }

    [Fact]
    public void No_bound_is_below_the_floor()
    {
        Add(Four, 1, 1, 1, 1, 1, 1, 1, 1);
        Assert.Equal(Floor, _times.Bound(Four));
    }

    [Fact]
    public void A_shape_that_is_new_is_bounded_by_other_sizes_of_its_segment_alone()
    {
        Assert.Null(_times.Bound(Four));
        Add(Four, 100);
        Assert.Equal(TimeSpan.FromSeconds(1), _times.Bound(Four));
        Add(Four, 100, 100, 100, 100, 100, 100, 100, 100);
        Assert.Equal(TimeSpan.FromSeconds(2), _times.Bound(Four with { Images = 8 }));
        Assert.Equal(TimeSpan.FromSeconds(1), _times.Bound(Four with { Images = 1 }));
        Assert.Null(_times.Bound(Four with { Segment = 1 }));
        Assert.Null(_times.Bound(Four with { Model = "n" }));
        RunShape probe = Four with { Images = 0 };
        Assert.Null(_times.Bound(probe));
        Assert.Equal(TimeSpan.FromMilliseconds(50), _times.Bound(probe, first: TimeSpan.FromMilliseconds(5)));
    }

    [Fact]
    public void Texts_of_other_lengths_are_told_apart_and_a_longer_one_may_take_as_many_times_more()
    {
        RunShape brief = Four with { Rows = 16 };
        Add(brief, 100, 100, 100, 100, 100, 100, 100, 100);
        Assert.Equal(TimeSpan.FromMilliseconds(300), _times.Bound(brief));
        Assert.Equal(TimeSpan.FromSeconds(4), _times.Bound(Four with { Rows = 64 }));
        Assert.Equal(1, _times.Share(Four with { Rows = 64 }));
    }

    [Fact]
    public void The_share_is_the_present_rate_beside_the_best_that_lasted()
    {
        Add(Four, [.. Enumerable.Repeat(100.0, 31)]);
        Assert.Equal(1, _times.Share(Four));
        Add(Four, [.. Enumerable.Repeat(400.0, 31)]);
        Assert.InRange(_times.Share(Four), 0.25, 0.26);
        Add(Four, [.. Enumerable.Repeat(100.0, 31)]);
        Assert.InRange(_times.Share(Four), 0.99, 1);
    }

    [Fact]
    public void A_pause_doubles_until_the_device_stays_well()
    {
        TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
        Backoff backoff = new(Seconds(1), Seconds(5));
        Assert.Equal(Seconds(101), backoff.Fail(Seconds(100)));
        Assert.Equal(Seconds(103), backoff.Fail(Seconds(101)));
        backoff.Return(Seconds(103));
        Assert.Equal(Seconds(114), backoff.Fail(Seconds(110)));
        Assert.Equal(Seconds(119), backoff.Fail(Seconds(114)));
        backoff.Return(Seconds(120));
        Assert.Equal(Seconds(172), backoff.Fail(Seconds(171)));
    }

    [Fact]
    public void A_device_that_computed_wrong_is_back_after_its_recall_or_after_the_longest_pause_where_that_is_shorter()
    {
        TimeSpan found = TimeSpan.FromSeconds(100), first = TimeSpan.FromSeconds(1);
        Assert.InRange(
            new Backoff(first, TimeSpan.FromMinutes(5)).AfterRecall(found) - found, VectorRecall.ClockAllowance + first,
            2 * VectorRecall.ClockAllowance);
        Assert.Equal(found + first, new Backoff(first, first).AfterRecall(found));
    }

    private void Add(RunShape shape, params double[] milliseconds)
    {
        foreach (double took in milliseconds)
            _times.Add(shape, TimeSpan.FromMilliseconds(took));
    }
}
