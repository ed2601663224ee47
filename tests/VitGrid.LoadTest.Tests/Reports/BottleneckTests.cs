using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Reports;

/// <summary>Which stage limits the whole.</summary>
public sealed class BottleneckTests
{
    private static readonly LoadFacts Facts = new()
    {
        Answered = 100,
        MeanMs = 100,
        StagesMs = new Dictionary<string, double> { ["decode"] = 60, ["queue"] = 5, ["infer"] = 30 },
        Busy = 0.5,
        GeneratorLateMs = 1,
    };

    [Fact]
    public void The_largest_part_of_the_time_is_the_bottleneck() => Assert.Equal("decode", Bottleneck.From(Facts).Stage);

    [Fact]
    public void A_busy_device_is_the_limit_whatever_waits_before_it() =>
        Assert.Equal("infer", Bottleneck.From(Facts with { Busy = 0.9 }).Stage);

    [Fact]
    public void What_no_stage_accounts_for_is_the_way_over_http() =>
        Assert.Equal("http", Bottleneck.From(Facts with { MeanMs = 200 }).Stage);

    [Fact]
    public void A_queue_before_an_idle_device_is_told_apart_from_one_before_a_device_unknown()
    {
        LoadFacts waiting = Facts with { StagesMs = new Dictionary<string, double> { ["queue"] = 90 } };
        Assert.Contains("only 50", Bottleneck.From(waiting).Why, StringComparison.Ordinal);
        Assert.Contains("wait for a device", Bottleneck.From(waiting with { Busy = null }).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generator_that_was_late_measured_itself() =>
        Assert.Equal("generator", Bottleneck.From(Facts with { GeneratorLateMs = 11, Busy = 0.99 }).Stage);

    [Fact]
    public void Lateness_within_a_timers_grain_is_nobodys_fault() =>
        Assert.Equal("infer", Bottleneck.From(Facts with { MeanMs = 10, GeneratorLateMs = 4, Busy = 0.9 }).Stage);

    [Fact]
    public void Without_numbers_nothing_is_claimed()
    {
        Assert.Equal("unknown", Bottleneck.From(Facts with { StagesMs = new Dictionary<string, double>(), Busy = null }).Stage);
        Assert.Equal("unknown", Bottleneck.From(Facts with { Answered = 0 }).Stage);
    }
}
