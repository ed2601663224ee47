using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Administration;

/// <summary>
/// Whether requests may be given to this process: from what it knows already of the table and of the links to those that serve, without a
/// question to the grid.
/// </summary>
internal sealed class FrontEndReadiness(GridOptions options, ModelCatalog catalog, TableStore table, HeadLinks links)
{
    /// <summary>A planner whose worker died begins elsewhere in less.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(15);

    /// <summary>Whether a request for at least one model would be answered now; what the others lack is told.</summary>
    public GridReadiness Now() => options.Cluster.IsClustered && Lack(table.Current, table.Confirmed, TimeProvider.System.Now()) is { } lack
        ? new([lack])
        : GridReadiness.FromFrontEnd(catalog.Models, model => IsReached(table.Current.Find(model.Name)));

    /// <summary>What is wrong with the table itself; null when it is current.</summary>
    internal static string? Lack(GridTable current, TimeSpan? confirmed, TimeSpan now)
    {
        if (current.Version == GridTable.Empty.Version || confirmed is not { } last)
            return "the table: no worker has been met yet";
        return now - last <= MaxAge ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"the table: no planner has confirmed it for {(now - last).TotalSeconds:0} s (limit {MaxAge.TotalSeconds:0} s)");
    }

    private bool IsReached(ModelRow? row) =>
        row is not null && row.Replicas.Any(replica => replica.State == ReplicaState.Serving && links.Reaches(replica.Layout.Head));
}
