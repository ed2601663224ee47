using VitGrid.Cluster.Administration;
using VitGrid.Page.Grid;

namespace VitGrid.Server.Tests.Pages;

/// <summary>An hour of rates, loads and events, without a clock.</summary>
public sealed class RateHistoryTests
{
    [Fact]
    public void Rates_are_those_of_the_last_minute_and_hour()
    {
        RateHistory history = new();
        for (int second = 0; second <= 2 * 3_600; second++)
        {
            history.Tick(second);
            history.Add(Counted.Computed, second < 3_600 ? 7 : 3);
            history.Answered(second % 100 == 0 ? 1.5 : 0.010);
        }
        RateSummary summary = history.Summary();
        Assert.InRange(summary.Minute.PerSecond(Counted.Computed), 2.9, 3.6);
        Assert.InRange(summary.Hour.PerSecond(Counted.Computed), 2.9, 3.1);
        Assert.InRange(summary.Hour.Percentile(0.5)!.Value, 0.010, 0.011);
        Assert.InRange(summary.Hour.Percentile(0.995)!.Value, 1.5, 1.64);
        Assert.Equal(60, summary.ImagesPerSecond.Count);
        Assert.All(summary.ImagesPerSecond.Skip(1), rate => Assert.InRange(rate, 2.9, 3.1));
    }

    [Fact]
    public void A_time_in_which_nobody_asked_leaves_nothing_of_an_earlier_hour()
    {
        RateHistory history = new();
        history.Tick(0);
        history.Add(Counted.Cached, 100);
        history.Tick(10);
        Assert.Equal(100, history.Summary().Hour[Counted.Cached]);
        history.Tick(10 + (2 * 3_600));
        Assert.Equal(0, history.Summary().Hour[Counted.Cached]);
        Assert.Null(history.Summary().Hour.Percentile(0.5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.0001)]
    [InlineData(0.0005)]
    [InlineData(0.33)]
    [InlineData(59)]
    public void A_bucket_holds_times_up_to_its_bound_within_a_tenth(double seconds)
    {
        double bound = LatencyBuckets.UpperBound(LatencyBuckets.Of(seconds));
        Assert.InRange(seconds, seconds <= 1e-4 ? 0 : bound / 1.1, bound * 1.0001);
    }

    [Fact]
    public void A_segment_is_busy_for_the_part_of_the_time_between_two_reports()
    {
        LoadReader reader = new();
        Assert.Equal(0, Single(reader.Read([Worker(10, 4)])).Ratio);
        Assert.Equal(0.75, Single(reader.Read([Worker(12, 5.5)])).Ratio, 6);
        // The same report again, and one that followed at once, change nothing.
        Assert.Equal(0.75, Single(reader.Read([Worker(12, 5.5)])).Ratio, 6);
        Assert.Equal(0.75, Single(reader.Read([Worker(12.01, 5.5)])).Ratio, 6);
        Assert.Equal(0.25, Single(reader.Read([Worker(14, 6)])).Ratio, 6);
        Assert.Empty(reader.Read([]));
        Assert.Equal(0, Single(reader.Read([Worker(20, 1)])).Ratio);
    }

    [Fact]
    public void A_worker_that_came_drained_and_left_is_told_and_one_that_was_lost_is_a_failure()
    {
        GridStatus none = new(0, [], []);
        GridStatus both = new(1, [Node("a", "active"), Node("b", "active")], [Model("serving", null)]);
        GridStatus draining = new(2, [Node("a", "draining"), Node("b", "active")], [Model("serving", "model 'm' does not fit")]);
        Assert.Equal(
            ["Worker a came", "Worker b came", "m, replica 0, is serving: blocks 0..3 on a/cpu:0"], Events(none, both));
        Assert.Equal(["Worker a is draining", "! model 'm' does not fit"], Events(both, draining));
        Assert.Equal(
            ["Worker a has left", "! Worker b is lost", "m lacks nothing any more", "m, replica 0, is freed from blocks 0..3 on a/cpu:0"],
            Events(draining, new(3, [], [new("m", "f", "ready", null, [])])));
        Assert.Empty(Events(both, both));
    }

    private static string[] Events(GridStatus before, GridStatus after) =>
        [.. EventFinder.Between(before, after).Select(
            happened => happened.Kind == GridEventKind.Failure ? $"! {happened.Text}" : happened.Text)];

    private static NodeStatus Node(string name, string state) =>
        new(name, state, null, 1, [new("cpu:0", "processor", null, 1e12, null, 2)]);

    private static ModelStatus Model(string state, string? problem) =>
        new("m", "f", "ready", problem, [new(0, 7, state, [new(0, "0..3", "a", "cpu:0", "ready", 1)])]);

    private static StageLoad Single(IReadOnlyList<StageLoad> loads) => loads.Single();

    private static WorkerActivity Worker(double at, double busy) => new("a", at, [new("m", 0, 7, 0, "cpu:0", busy, 1)], []);
}
