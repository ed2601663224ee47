using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Caching;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Sends each image to the replica that will answer it soonest, and keeps it until it is answered: when the replica is lost, the image
/// begins again with another one, from segment 0, until its deadline. An image has one answer, since only one attempt is waited for.
/// </summary>
internal sealed partial class ImageRouter(
    TableStore table, LocalNode self, LocalReplicaHeads heads, RemoteImages remote, VectorRecalls recalls, ILogger<ImageRouter> logger)
    : IImageRouter
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);

    private const int MaxBroken = 2;

    private readonly ThrottledCount _replays = new(TimeSpan.FromSeconds(1));
    private readonly Lock _gate = new();
    private RouteTable _routes = RouteTable.Empty;
    private int _turn;

    /// <inheritdoc/>
    public async Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, CancellationToken cancellationToken) =>
        (await EmbedAsync(model, order, avoided: null, cancellationToken)).Answer;

    /// <summary>The same, with another replica than <paramref name="avoided"/> if there is one, and which it was.</summary>
    public async Task<(ImageAnswer Answer, ReplicaKey Replica)> EmbedAsync(
        string model, ImageOrder order, ReplicaKey? avoided, CancellationToken cancellationToken)
    {
        ReplicaKey? failed = avoided;
        for (int attempt = 0; ; attempt++)
        {
            RouteTable routes = Routes();
            if (Choose(routes.For(model), failed) is not { } route)
            {
                await table.WhenAboveAsync(routes.Table.Version, cancellationToken);
                continue;
            }
            try
            {
                LogSent(order.RequestId, route.Replica, route.Node, attempt + 1);
                ImageAnswer answer = await route.EmbedAsync(order, cancellationToken);
                if (recalls.Covers(answer.Origin))
                    throw new ReplicaLostException($"of {answer.Origin!.Devices} a device was found to compute wrong");
                LogAnswered(order.RequestId, route.Replica, route.Node);
                return (answer, route.Replica);
            }
            catch (ReplicaLostException exception)
            {
                failed = route.Replica;
                order = Blame(order, model, exception);
                if (exception.Loss is ReplicaLoss.DeviceOut or ReplicaLoss.DeviceBroke)
                    route.Rest();
                LogBegunAgain(order.RequestId, route.Replica, route.Node, attempt + 1, exception.Message);
                if (_replays.Add(TimeProvider.System.Now()) is { } images)
                    LogReplay(images, order.RequestId, route.Replica, route.Node, attempt + 1, exception.Message);
                await PauseAsync(routes.Table.Version, attempt, cancellationToken);
            }
        }
    }

    /// <summary>Asks one replica alone.</summary>
    /// <exception cref="ReplicaLostException">It is not, or no longer, there.</exception>
    public Task<ImageAnswer> EmbedAtAsync(string model, ImageOrder order, ReplicaKey replica, CancellationToken cancellationToken) =>
        Array.Find(Routes().For(model), route => route.Replica == replica) is { } route
            ? route.EmbedAsync(order, cancellationToken)
            : throw new ReplicaLostException($"replica {replica} does not serve any more");

    /// <summary>
    /// Counts devices that broke on an image's batch; of two in turn the image is the cause, for the second had it alone.
    /// </summary>
    /// <exception cref="GridException">It is the second.</exception>
    private static ImageOrder Blame(ImageOrder order, string model, ReplicaLostException exception)
    {
        if (exception.Loss != ReplicaLoss.DeviceBroke)
            return order;
        int broken = order.Broken + 1;
        return broken < MaxBroken ? order with { Broken = broken } : throw exception.ToImageFault(model, broken);
    }

    /// <summary>The routes of the newest table.</summary>
    private RouteTable Routes()
    {
        RouteTable routes = Volatile.Read(ref _routes);
        if (ReferenceEquals(routes.Table, table.Current))
            return routes;
        lock (_gate)
        {
            GridTable current = table.Current;
            if (!ReferenceEquals(_routes.Table, current))
                Volatile.Write(ref _routes, _routes.Apply(current, Reach));
            return _routes;
        }
    }

    private (IReplicaHead? Head, bool IsNear) Reach(ReplicaLayout layout) =>
        layout.Head.Node == self.Address.Node ? (heads.Find(layout.Key), true) : (new RemoteReplicaHead(layout, remote), false);

    /// <summary>
    /// The one that <paramref name="failed"/> last has nothing to do and would be chosen again: another is taken while there is one.
    /// </summary>
    private Route? Choose(Route[] routes, ReplicaKey? failed)
    {
        Route[] serving = routes.Length < 2 || (failed is null && !Array.Exists(routes, route => route.IsResting))
            ? routes
            : Array.FindAll(routes, route => route.Replica != failed && !route.IsResting) is { Length: > 0 } well
                ? well
                : [.. routes.Where(route => route.Replica != failed)];
        ReplicaLoad[] loads = Array.ConvertAll(serving, route => route.Load);
        return ReplicaChoice.Choose(loads, Interlocked.Increment(ref _turn)) is { } chosen ? serving[chosen] : null;
    }

    /// <summary>A newer table ends the pause: it may name a replica that is whole.</summary>
    private async Task PauseAsync(long version, int attempt, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(attempt, 10), MaxPause.Ticks));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(pause * (0.5 + Random.Shared.NextDouble()));
        await table.WhenAboveAsync(version, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    [LoggerMessage(5091, LogLevel.Warning, "{Images} images begin again since this was last said; the last one, of request "
        + "{RequestId}, after attempt {Attempt} at replica {Replica} on {Node}: {Reason}")]
    private partial void LogReplay(int images, string? requestId, ReplicaKey replica, string node, int attempt, string reason);

    [LoggerMessage(5092, LogLevel.Debug, "Image of request {RequestId} goes to replica {Replica} on {Node}, attempt {Attempt}")]
    private partial void LogSent(string? requestId, ReplicaKey replica, string node, int attempt);

    [LoggerMessage(5093, LogLevel.Debug, "Image of request {RequestId} is answered by replica {Replica} on {Node}")]
    private partial void LogAnswered(string? requestId, ReplicaKey replica, string node);

    [LoggerMessage(5094, LogLevel.Debug,
        "Image of request {RequestId} begins again after attempt {Attempt} at replica {Replica} on {Node}: {Reason}")]
    private partial void LogBegunAgain(string? requestId, ReplicaKey replica, string node, int attempt, string reason);
}

/// <summary>The way to one serving replica, and what it was given. Thread-safe.</summary>
/// <param name="Replica">The incarnation.</param>
/// <param name="Head">Its head, here or over the data plane; null when it should be here and is not.</param>
/// <param name="IsNear">Whether the head is in this process.</param>
/// <param name="ImagesPerSecond">What it is expected to manage; above zero.</param>
internal sealed record Route(ReplicaKey Replica, IReplicaHead? Head, bool IsNear, double ImagesPerSecond)
{
    /// <summary>Name of the process that has its head.</summary>
    public required string Node { get; init; }

    private static readonly TimeSpan RestPause = TimeSpan.FromMilliseconds(500);

    // A copy for a newer table goes on counting in the same boxes.
    private readonly StrongBox<int> _outstanding = new();
    private readonly StrongBox<long> _restsUntil = new();

    /// <summary>
    /// Whether a device of it was out a moment ago: a replica that answers nothing looks idle and is not to draw all images.
    /// </summary>
    public bool IsResting =>
        Volatile.Read(ref _restsUntil.Value) is not 0 and var until && until > TimeProvider.System.Now().Ticks;

    /// <summary>Is passed over for half a second where there is another.</summary>
    public void Rest() => Volatile.Write(ref _restsUntil.Value, (TimeProvider.System.Now() + RestPause).Ticks);

    /// <summary>What the choice of a replica goes by.</summary>
    public ReplicaLoad Load => new(Volatile.Read(ref _outstanding.Value), ImagesPerSecond * (Head?.Share ?? 1), IsNear);

    /// <summary>Embeds one image there, and counts it meanwhile.</summary>
    /// <exception cref="ReplicaLostException">The replica is not, or no longer, there.</exception>
    public async Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        if (Head is null)
            throw new ReplicaLostException($"replica {Replica} is not served by this process");
        Interlocked.Increment(ref _outstanding.Value);
        try
        {
            return await Head.EmbedAsync(order, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _outstanding.Value);
        }
    }
}

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

/// <summary>A serving replica as the router sees it.</summary>
/// <param name="Outstanding">Images given to it and not answered yet.</param>
/// <param name="ImagesPerSecond">What it is expected to manage; above zero.</param>
/// <param name="IsNear">In this process, so that pixels need not travel.</param>
internal readonly record struct ReplicaLoad(int Outstanding, double ImagesPerSecond, bool IsNear)
{
    /// <summary>Seconds until one more image would be answered.</summary>
    public double SecondsForOneMore => (Outstanding + 1) / ImagesPerSecond;
}

/// <summary>Chooses the replica that answers an image soonest. Pure.</summary>
internal static class ReplicaChoice
{
    /// <summary>Times this close count as equal: then a near replica is taken, and equals take turns.</summary>
    private const double Tolerance = 0.02;

    /// <summary>The index of the replica to send an image to; null: there is none.</summary>
    /// <param name="replicas">The serving replicas. Their own bounds refuse what is too much for them.</param>
    /// <param name="turn">A number that grows with each choice.</param>
    public static int? Choose(ReadOnlySpan<ReplicaLoad> replicas, int turn)
    {
        double limit = Soonest(replicas) * (1 + Tolerance);
        int? chosen = null;
        for (int i = 0; i < replicas.Length; i++)
        {
            int index = (int)(((uint)turn + (uint)i) % (uint)replicas.Length);
            ReplicaLoad replica = replicas[index];
            if (replica.SecondsForOneMore <= limit && (chosen is not { } other || (replica.IsNear && !replicas[other].IsNear)))
                chosen = index;
        }
        return chosen;
    }

    private static double Soonest(ReadOnlySpan<ReplicaLoad> replicas)
    {
        double soonest = double.PositiveInfinity;
        foreach (ReplicaLoad replica in replicas)
            soonest = Math.Min(soonest, replica.SecondsForOneMore);
        return soonest;
    }
}
