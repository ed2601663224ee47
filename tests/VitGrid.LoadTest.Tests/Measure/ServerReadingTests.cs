using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Measure;

/// <summary>What a server says of itself.</summary>
public sealed class ServerReadingTests
{
    private const string Before = """
        # TYPE vitgrid_stage_duration_seconds histogram
        vitgrid_stage_duration_seconds_sum{otel_scope_name="VitGrid",model="a \"b\", c",stage="infer"} 1.5 1700000000000
        vitgrid_stage_duration_seconds_count{otel_scope_name="VitGrid",model="a \"b\", c",stage="infer"} 10 1700000000000
        vitgrid_batch_size_bucket{model="m",le="1"} 5
        vitgrid_batch_size_bucket{model="m",le="2"} 6
        vitgrid_batch_size_bucket{model="m",le="+Inf"} 6
        """;

    private const string After = """
        vitgrid_stage_duration_seconds_sum{model="a \"b\", c",stage="infer"} 2.5
        vitgrid_stage_duration_seconds_count{model="a \"b\", c",stage="infer"} 30
        vitgrid_stage_duration_seconds_sum{model="m",stage="decode"} 0.1
        vitgrid_stage_duration_seconds_count{model="m",stage="decode"} 20
        vitgrid_batch_size_bucket{model="m",le="1"} 7
        vitgrid_batch_size_bucket{model="m",le="2"} 12
        vitgrid_batch_size_bucket{model="m",le="+Inf"} 13
        vitgrid_segment_busy_ratio{model="m",segment="0",device="cpu:0"} 0.4
        vitgrid_segment_busy_ratio{model="m",segment="1",device="cpu:0"} 0.3
        other_metric 5
        nonsense
        """;

    [Fact]
    public void Stages_are_means_of_what_came_in_between() => Assert.Equal(
        new Dictionary<string, double> { ["infer"] = 50, ["decode"] = 5 },
        ServerReading.From(After).StagesSince(ServerReading.From(Before)));

    [Fact]
    public void Batches_are_counted_by_size_in_between() => Assert.Equal(
        [new BatchCount(1, 2), new BatchCount(2, 4), new BatchCount(null, 1)],
        ServerReading.From(After).BatchesSince(ServerReading.From(Before)));

    [Fact]
    public void A_device_is_as_busy_as_its_segments_together() => Assert.Equal(0.7, ServerReading.From(After).Busy["cpu:0"], 9);

    [Fact]
    public void Another_servers_metrics_say_nothing() =>
        Assert.Empty(ServerReading.From("up 1\nhttp_requests_total{code=\"200\"} 5").StageSeconds);

    [Fact]
    public void Server_timing_gives_names_and_milliseconds() => Assert.Equal(
        [new("decode", 1.5), new("infer", 30)],
        ServerTiming.Parse("""decode;dur=1.5, cache;desc="hit", infer;desc=x;dur=30"""));
}
