using VitGrid.Cluster.Administration;
using VitGrid.Engine.Replica;
using VitGrid.Page.Grid;
using VitGrid.Page.Words;

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
    public void What_flows_into_a_segment_is_told_per_second_and_begins_with_the_second_report()
    {
        LoadReader reader = new();
        Assert.Equal(default, Single(reader.Read([Worker(10, 4, new(100, 800, 80_000))])).In);
        Assert.Equal(new FlowRate(5, 40, 4_000), Single(reader.Read([Worker(12, 5, new(110, 880, 88_000))])).In);
        Assert.Equal(new FlowRate(5, 40, 4_000), Single(reader.Read([Worker(12, 5, new(110, 880, 88_000))])).In);
        Assert.Equal(default, Single(reader.Read([Worker(13, 5, new(110, 880, 88_000))])).In);
        Assert.Equal("40 images/s, 5 batches/s, 3.91 KiB/s", Texts.Flow(images: 40, batches: 5, bytes: 4_000));
    }

    [Fact]
    public void The_next_images_wait_is_told_where_it_is_forecast_and_otherwise_why_it_is_not()
    {
        Assert.Contains("fewer images under way than keep the devices busy", Texts.Forecast(null), StringComparison.Ordinal);
        Assert.Equal(Texts.Forecast(null), Texts.Forecast(new("m", null, null)));
        Assert.Contains(
            "about 250 ms (interactive) or 2.5 s (bulk)",
            Texts.Forecast(new("m", TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(2.5))),
            StringComparison.Ordinal);
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

    private static WorkerActivity Worker(double at, double busy, StageFlow flow = default) =>
        new("a", at, [new("m", 0, 7, 0, "cpu:0", busy, 1) { Flow = flow }], []);
}
