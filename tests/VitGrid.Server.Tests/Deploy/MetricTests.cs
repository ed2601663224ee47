using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Server.Tests.Deploy.Kustomize;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The dashboard, the scaler and the documents ask for metrics and labels that exist.</summary>
public sealed partial class MetricTests
{
    private static readonly JsonElement Dashboard = JsonDocument.Parse(DeployFiles.Read("grafana", "vitgrid.json")).RootElement;

    private static readonly string[] Asked =
    [
        .. Panels("timeseries").SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(
            target => target.GetProperty("expr").GetString()!),
        .. RenderedGrid.From("base+components/keda").From<CustomResource<ScaledObjectSpec>>().SelectMany(scaler => scaler.Spec!.Triggers)
            .Where(trigger => trigger.Type == "prometheus").Select(trigger => trigger.Metadata["query"]),
    ];

    public static TheoryData<string> Queries => [.. Asked];

    [Theory]
    [MemberData(nameof(Queries))]
    public void A_query_names_metrics_that_exist_and_labels_that_they_have(string query)
    {
        string[] metrics = [.. Metric().Matches(query).Select(match => match.Value)];
        string[] known = [.. metrics.Select(MetricNames.Family)];
        IEnumerable<string> labels = Matcher().Matches(query).Select(match => match.Groups[1].Value)
            .Concat(Grouping().Matches(query).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)));

        Assert.NotEmpty(metrics);
        Assert.All(labels, label => Assert.All(
            known, family => Assert.Contains(label, MetricNames.Labels[family].Concat(MetricNames.Everywhere))));
    }

    [Fact]
    public void The_dashboard_shows_every_metric_of_vitgrid()
    {
        IEnumerable<string> shown = Asked.SelectMany(query => Metric().Matches(query)).Select(match => MetricNames.Family(match.Value));

        Assert.Empty(MetricNames.Labels.Keys.Except(shown));
    }

    [Fact]
    public void Every_panel_of_the_dashboard_has_its_own_number_and_place_and_asks_the_chosen_source()
    {
        JsonElement[] panels = [.. Dashboard.GetProperty("panels").EnumerateArray()];

        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("gridPos").ToString()).Distinct().Count());
        Assert.All(Panels("timeseries"), panel => Assert.Equal(
            "${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.Equal(["datasource", "model"],
            Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(
                variable => variable.GetProperty("name").GetString()));
        Assert.Equal(
            [
                "Traffic", "Latency", "Stages", "Batches and queue", "Cache", "Devices and segments", "Transfer between segments",
                "Rejections",
                "Indexing", "Grid (Orleans) and door (ASP.NET Core)",
            ],
            Panels("row").Select(row => row.GetProperty("title").GetString()));
    }

    [Fact]
    public void The_documents_name_only_metrics_that_exist()
    {
        IEnumerable<string> documents = Directory.EnumerateFiles(
            Path.Combine(GoldenFiles.Repository, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(GoldenFiles.Repository, "README.md"));
        IEnumerable<string> named = documents.SelectMany(file => Metric().Matches(File.ReadAllText(file))).Select(match => match.Value);

        Assert.All(named, metric => Assert.Contains(MetricNames.Family(metric), MetricNames.Labels.Keys));
    }

    private static IEnumerable<JsonElement> Panels(string type) =>
        Dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() == type);

    [GeneratedRegex(@"\b(?:vitgrid|orleans|http_server|kestrel)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("""[{,]\s*([a-z_]+)\s*=~?\s*"[^"]*"(?=\s*[,}])""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();
}
