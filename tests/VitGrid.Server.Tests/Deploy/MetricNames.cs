namespace VitGrid.Server.Tests.Deploy;

/// <summary>
/// The metrics that dashboards, scalers and documents may rely on, with their labels: VitGrid's own, then Orleans' and ASP.NET Core's.
/// </summary>
internal static class MetricNames
{
    /// <summary>Labels that a scraper or a histogram adds to any metric.</summary>
    public static IReadOnlyList<string> Everywhere { get; } = ["instance", "le"];

    public static IReadOnlyList<string> Histograms { get; } =
    [
        "vitgrid_request_duration_seconds", "vitgrid_stage_duration_seconds", "vitgrid_batch_size", "vitgrid_segment_transfer_seconds",
    ];

    public static IReadOnlyDictionary<string, string[]> Labels { get; } = new Dictionary<string, string[]>
    {
        ["vitgrid_request_duration_seconds"] = ["endpoint", "model", "code"],
        ["vitgrid_stage_duration_seconds"] = ["model", "stage"],
        ["vitgrid_images_total"] = ["model", "outcome"],
        ["vitgrid_rejected_total"] = ["reason"],
        ["vitgrid_batch_size"] = ["model"],
        ["vitgrid_queue_depth"] = ["model", "lane"],
        ["vitgrid_queue_oldest_age_seconds"] = ["model", "lane"],
        ["vitgrid_cache_lookups_total"] = ["tier", "result"],
        ["vitgrid_cache_writes_total"] = ["result"],
        ["vitgrid_cache_recalled_total"] = ["tier"],
        ["vitgrid_device_state"] = ["device", "state"],
        ["vitgrid_features_sent_bytes_total"] = ["model"],
        ["vitgrid_segment_busy_ratio"] = ["model", "segment", "device"],
        ["vitgrid_segment_transfer_seconds"] = ["model", "segment"],
        ["vitgrid_device_memory_bytes"] = ["device", "kind"],
        ["vitgrid_device_failures_total"] = ["device", "kind"],
        ["vitgrid_device_probes_total"] = ["device", "result"],
        ["vitgrid_batch_halved_total"] = ["model"],
        ["vitgrid_weights_scrubbed_bytes_total"] = [],
        ["vitgrid_second_opinions_total"] = ["model", "result"],
        ["vitgrid_model_info"] = ["model", "revision", "preprocess", "precision", "arithmetic"],
        ["vitgrid_index_items_total"] = ["state"],
        ["vitgrid_index_lag"] = [],
        ["vitgrid_index_pending"] = [],
        ["orleans_app_requests_timedout_total"] = [],
        ["orleans_catalog_activations"] = [],
        ["orleans_client_connected_gateways"] = [],
        ["orleans_gateway_connected_clients"] = [],
        ["orleans_messaging_expired_total"] = [],
        ["orleans_messaging_pings_reply_missed_total"] = [],
        ["orleans_messaging_rejected_total"] = [],
        ["orleans_networking_sockets_closed_total"] = [],
        ["orleans_scheduler_long_running_turns_total"] = [],
        ["http_server_active_requests"] = [],
        ["kestrel_active_connections"] = [],
    };
    /// <summary>The metric that a series belongs to: a histogram's parts have endings of their own.</summary>
    public static string Family(string series) =>
        Histograms.FirstOrDefault(histogram => new[] { "_bucket", "_sum", "_count" }.Any(ending => series == histogram + ending)) ?? series;
}
