using System.Diagnostics.Metrics;
using VitGrid.Engine.Models;

namespace VitGrid.Engine.Telemetry;

/// <summary>
/// Which models this process knows, with the revision that decides their vectors: 1 each, as soon as the weights were read.
/// </summary>
public sealed class ModelGauges
{
    /// <summary>Makes the gauges; they are read when somebody asks.</summary>
    public ModelGauges(GridMetrics metrics, ModelCatalog catalog) => metrics.Meter.CreateObservableGauge(
        "vitgrid.model.info",
        () => catalog.Models.Where(model => model.Fingerprint is not null).Select(Info),
        description: "1 for each known model");

    private static Measurement<int> Info(ModelInfo model) => new(
        1,
        new("model", model.Name),
        new("revision", model.Fingerprint),
        new("preprocess", model.Profile.Name),
        new("precision", model.Precision.ToString().ToLowerInvariant()));
}
