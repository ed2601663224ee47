using System.Collections.Frozen;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Remote;

/// <summary>The routes to every replica that serves in one version of the grid's table: a snapshot, replaced as a whole.</summary>
internal sealed class RouteTable
{
    private readonly FrozenDictionary<string, Route[]> _routes;

    private RouteTable(GridTable table, FrozenDictionary<string, Route[]> routes) => (Table, _routes) = (table, routes);

    /// <summary>Routes to nowhere.</summary>
    public static RouteTable Empty { get; } = new(GridTable.Empty, FrozenDictionary<string, Route[]>.Empty);

    /// <summary>The table that it was made from.</summary>
    public GridTable Table { get; }

    /// <summary>The routes to a model's replicas.</summary>
    public Route[] For(string model) => _routes.GetValueOrDefault(model, []);

    /// <summary>The routes of another table: how a replica's head is reached is chosen here, once for each incarnation.</summary>
    public RouteTable Apply(GridTable table, Func<ReplicaLayout, (IReplicaHead? Head, bool IsNear)> reach)
    {
        Dictionary<ReplicaKey, Route> known = _routes.Values.SelectMany(routes => routes).Where(
            route => route.Head is not null).ToDictionary(route => route.Replica);
        return new(table, table.Models.ToFrozenDictionary(
            model => model.Card.Name,
            model => model.Replicas.Where(replica => replica.State == ReplicaState.Serving).Select(replica => RouteTo(replica)).ToArray()));

        Route RouteTo(ReplicaRow replica)
        {
            // A plan that another planner made has no expectation that this one knows.
            double speed = replica.ImagesPerSecond > 0 ? replica.ImagesPerSecond : 1;
            if (known.TryGetValue(replica.Layout.Key, out Route? route))
                return route with { ImagesPerSecond = speed };
            (IReplicaHead? head, bool isNear) = reach(replica.Layout);
            return new(replica.Layout.Key, head, isNear, speed) { Node = replica.Layout.Head.Node };
        }
    }
}
