using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Tables;

/// <summary>
/// Keeps the catalog of models as the table says: what a front end knows of models comes from here alone, and goes when the table drops it.
/// </summary>
internal sealed class CatalogFeed
{
    private readonly ModelCatalog _catalog;

    public CatalogFeed(TableStore table, ModelCatalog catalog)
    {
        _catalog = catalog;
        table.Changed += OnChanged;
    }

    private void OnChanged(GridTable table) => _catalog.Follow([.. table.Models.Select(InfoOf)]);

    private static ModelInfo InfoOf(ModelRow row) => ModelInfo.From(row.Card.Name, row.Card.Facts(), row.State) with
    {
        Fingerprint = row.Card.Fingerprint,
        Failure = row.State == ModelState.Ready ? null : row.Problem,
        Segments = [.. Stages(row).Select(stage => new SegmentPlacement(stage.Blocks, stage.Device))],
    };

    /// <summary>The stages of the first replica that serves, or is to serve.</summary>
    private static ImmutableArray<StagePlace> Stages(ModelRow row) =>
        row.Replicas.OrderByDescending(replica => replica.State == ReplicaState.Serving).Select(
            replica => replica.Layout.Stages).FirstOrDefault([]);
}
