using VitGrid.Server.Tests.Deploy;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Metrics that dashboards and scalers rely on. Tests of the scrape hold the program to the same table.</summary>
public sealed class MetricTests
{
    [Fact]
    public void Names_and_labels_of_metrics_are_the_approved_ones() => ApprovedText.Verify("metrics.txt", MetricNames.Labels
        .OrderBy(metric => metric.Key, StringComparer.Ordinal)
        .Select(metric => $"{metric.Key} | {string.Join(", ", metric.Value.Order(StringComparer.Ordinal))}"));
}
