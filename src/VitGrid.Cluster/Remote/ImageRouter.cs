using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Sends each image to the replica that will answer it soonest, and keeps it until it is answered: when the replica is lost, the image
/// begins again with another one, from segment 0, until its deadline. An image has one answer, since only one attempt is waited for.
/// </summary>
internal sealed partial class ImageRouter(
    TableStore table, LocalNode self, LocalReplicaHeads heads, RemoteImages remote, ILogger<ImageRouter> logger) : IImageRouter
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);

    private readonly ThrottledCount _replays = new(TimeSpan.FromSeconds(1));
    private readonly Lock _gate = new();
    private RouteTable _routes = RouteTable.Empty;
    private int _turn;

    /// <inheritdoc/>
    public async Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, CancellationToken cancellationToken)
    {
        ReplicaKey? failed = null;
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
                LogAnswered(order.RequestId, route.Replica, route.Node);
                return answer;
            }
            catch (ReplicaLostException exception)
            {
                failed = route.Replica;
                LogBegunAgain(order.RequestId, route.Replica, route.Node, attempt + 1, exception.Message);
                if (_replays.Add(TimeProvider.System.Now()) is { } images)
                    LogReplay(images, order.RequestId, route.Replica, route.Node, attempt + 1, exception.Message);
                await PauseAsync(routes.Table.Version, attempt, cancellationToken);
            }
        }
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
        Route[] serving = failed is null || routes.Length < 2 ? routes : [.. routes.Where(route => route.Replica != failed)];
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
