using System.Globalization;
using VitGrid.Server.Tests.Deploy;

namespace VitGrid.Server.Tests.Telemetry;

/// <summary>What a scraper sees of a server against the names and labels that dashboards rely on.</summary>
[Collection(nameof(ScrapedServer))]
public sealed class ScrapeTests(ScrapedServer server) : IClassFixture<ScrapedServer>
{
    /// <summary>What a grid in one process with one healthy segment and no Redis, asked for vectors alone, has no occasion for.</summary>
    private static readonly string[] Unseen = [
        "vitgrid_segment_transfer_seconds", "vitgrid_index_items_total", "vitgrid_index_lag", "vitgrid_index_pending",
        "vitgrid_cache_writes_total", "vitgrid_features_sent_bytes_total", "vitgrid_cache_recalled_total", "vitgrid_device_failures_total",
        "vitgrid_device_probes_total", "vitgrid_batch_halved_total", "vitgrid_weights_scrubbed_bytes_total",
        "vitgrid_second_opinions_total"];

    public static TheoryData<string> Names => [.. MetricNames.Labels.Keys.Where(IsOurs).Except(Unseen)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_metric_has_its_name_and_exactly_its_labels(string name) =>
        Assert.All(server.From(name), sample => Assert.Equal(
            MetricNames.Labels[name].Order(), sample.Labels.Keys.Except(MetricNames.Everywhere).Order()));

    [Fact]
    public void No_metric_of_vitgrid_is_unknown_to_the_dashboard() =>
        Assert.Empty(server.Samples.Select(sample => sample.Family).Where(IsOurs).Except(MetricNames.Labels.Keys));

    [Theory]
    [InlineData("orleans_catalog_activations")]
    [InlineData("http_server_active_requests")]
    [InlineData("kestrel_active_connections")]
    public void Orleans_and_the_web_server_tell_theirs(string name) => Assert.NotEmpty(server.From(name));

    [Theory]
    [InlineData("vitgrid_images_total", "outcome", "computed", 1)]
    [InlineData("vitgrid_images_total", "outcome", "cached", 1)]
    [InlineData("vitgrid_images_total", "outcome", "refused", 1)]
    [InlineData("vitgrid_rejected_total", "reason", "unsupported_image_format", 1)]
    [InlineData("vitgrid_rejected_total", "reason", "model_not_found", 1)]
    [InlineData("vitgrid_cache_lookups_total", "result", "hit", 1)]
    [InlineData("vitgrid_cache_lookups_total", "result", "miss", 2)]
    [InlineData("vitgrid_request_duration_seconds_count", "code", "200", 2)]
    [InlineData("vitgrid_request_duration_seconds_count", "code", "415", 1)]
    [InlineData("vitgrid_request_duration_seconds_count", "model", "", 1)]
    [InlineData("vitgrid_stage_duration_seconds_count", "stage", "cache", 3)]
    [InlineData("vitgrid_stage_duration_seconds_count", "stage", "decode", 1)]
    [InlineData("vitgrid_stage_duration_seconds_count", "stage", "queue", 1)]
    [InlineData("vitgrid_stage_duration_seconds_count", "stage", "infer", 1)]
    [InlineData("vitgrid_stage_duration_seconds_count", "stage", "encode", 2)]
    [InlineData("vitgrid_batch_size_count", "model", "internvit-nano", 1)]
    [InlineData("vitgrid_queue_depth", "lane", "interactive", 0)]
    [InlineData("vitgrid_queue_oldest_age_seconds", "lane", "bulk", 0)]
    [InlineData("vitgrid_model_info", "preprocess", "crop", 1)]
    public void A_series_counts_what_happened(string series, string label, string value, double expected) =>
        Assert.Equal(expected, server.Samples.Where(sample => sample.Name == series && sample.Labels[label] == value).Sum(
            sample => sample.Value));

    [Fact]
    public void A_segment_that_computed_was_busy_for_a_part_of_the_time()
    {
        Sample busy = Assert.Single(server.From("vitgrid_segment_busy_ratio"));
        Assert.Equal(("0", "cpu:0"), (busy.Labels["segment"], busy.Labels["device"]));
        Assert.True(busy.Value is > 0 and <= 1, busy.Value.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Durations_are_told_from_a_millisecond_to_a_minute_and_batches_up_to_256()
    {
        Assert.Equal(("0.001", "60"), Bounds("vitgrid_request_duration_seconds_bucket"));
        Assert.Equal(("0.001", "60"), Bounds("vitgrid_stage_duration_seconds_bucket"));
        Assert.Equal(("1", "256"), Bounds("vitgrid_batch_size_bucket"));
    }

    private static bool IsOurs(string name) => name.StartsWith("vitgrid_", StringComparison.Ordinal);

    private (string First, string Last) Bounds(string series)
    {
        string[] bounds = [.. server.Samples.Where(sample => sample.Name == series).Select(sample => sample.Labels["le"]).Distinct()];
        return (bounds[0], bounds[^2]);
    }
}
