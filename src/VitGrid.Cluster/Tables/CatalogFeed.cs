using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Tables;

/// <summary>Keeps the catalog of models as the table says: what a front end knows of models comes from here alone.</summary>
internal sealed class CatalogFeed
{
    private readonly ModelCatalog _catalog;

    public CatalogFeed(TableStore table, ModelCatalog catalog)
    {
        _catalog = catalog;
        table.Changed += Take;
    }

    private void Take(GridTable table)
    {
        foreach (ModelRow row in table.Models)
            _catalog.Publish(InfoOf(row));
    }

    private static ModelInfo InfoOf(ModelRow row) => ModelInfo.Of(row.Card.Name, row.Card.Facts(), row.State) with
    {
        Fingerprint = row.Card.Fingerprint,
        Failure = row.State == ModelState.Failed ? row.Problem : null,
        Segments = [.. Stages(row).Select(stage => new SegmentPlacement(stage.Blocks, stage.Device))],
    };

    /// <summary>The stages of the first replica that serves, or is to serve.</summary>
    private static ImmutableArray<StagePlace> Stages(ModelRow row) =>
        row.Replicas.OrderByDescending(replica => replica.State == ReplicaState.Serving).Select(
            replica => replica.Layout.Stages).FirstOrDefault([]);
}
