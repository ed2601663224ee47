using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Sends each image to the replica that will answer it soonest, and keeps it until it is answered: when the replica is lost, the image
/// begins again with another one, from segment 0, until its deadline. An image has one answer, since only one attempt is waited for.
/// </summary>
internal sealed partial class ImageRouter(
    TableStore table, Peers peers, ImageClient client, LocalBatchers batchers, ILogger<ImageRouter> logger) : IImageRouter
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<ReplicaKey, Load> _loads = new();
    private int _turn;

    /// <summary>Embeds one image.</summary>
    /// <exception cref="GridException">Refused, or a segment failed on it.</exception>
    public async Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, Pixels pixels, CancellationToken cancellationToken)
    {
        ReplicaKey? failed = null;
        for (int attempt = 0; ; attempt++)
        {
            GridTable current = table.Current;
            if (Choose(current, model, failed) is not { } replica)
            {
                await table.WhenAboveAsync(current.Version, cancellationToken);
                continue;
            }
            try
            {
                return await SendAsync(replica.Layout, order, pixels, cancellationToken);
            }
            catch (ReplicaLostException exception)
            {
                failed = replica.Layout.Key;
                LogReplay(model, replica.Layout.Key, attempt + 1, exception.Message);
                await PauseAsync(current.Version, attempt, cancellationToken);
            }
        }
    }

    /// <summary>
    /// The one that <paramref name="failed"/> last has nothing to do and would be chosen again: another is taken while there is one.
    /// </summary>
    private ReplicaRow? Choose(GridTable current, string model, ReplicaKey? failed)
    {
        ReplicaRow[] serving = [.. (current.Find(model)?.Replicas ?? []).Where(replica => replica.State == ReplicaState.Serving)];
        if (serving.Length > 1)
            serving = [.. serving.Where(replica => replica.Layout.Key != failed)];
        ReplicaLoad[] loads = [.. serving.Select(LoadOf)];
        return ReplicaChoice.Choose(loads, images: 1, waiting: 1, turn: Interlocked.Increment(ref _turn)) is { } chosen
            ? serving[chosen] : null;
    }

    /// <summary>A head's own bounds refuse what is too much for it: there is no credit to wait for.</summary>
    private ReplicaLoad LoadOf(ReplicaRow replica)
    {
        int outstanding = _loads.TryGetValue(replica.Layout.Key, out Load? load) ? load.Images : 0;
        // A plan that another planner made has no expectation that this one knows.
        return new(outstanding, replica.ImagesPerSecond > 0 ? replica.ImagesPerSecond : 1, replica.Layout.Head.Node == peers.Self.Node,
            HasCredit: true);
    }

    private async Task<ImageAnswer> SendAsync(ReplicaLayout replica, ImageOrder order, Pixels pixels, CancellationToken cancellationToken)
    {
        Load load = _loads.GetOrAdd(replica.Key, _ => new());
        load.Add(1);
        try
        {
            return replica.Head.Node == peers.Self.Node
                ? await batchers(replica.Key, order, cancellationToken)
                : await client.EmbedAsync(replica, order, pixels, cancellationToken);
        }
        finally
        {
            if (load.Add(-1) == 0)
                _loads.TryRemove(new(replica.Key, load));
        }
    }

    /// <summary>A newer table ends the pause: it may name a replica that is whole.</summary>
    private async Task PauseAsync(long version, int attempt, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(attempt, 10), LongestPause.Ticks));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(pause * (0.5 + Random.Shared.NextDouble()));
        await table.WhenAboveAsync(version, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Images this process waits for at a replica.</summary>
    private sealed class Load
    {
        private int _images;

        public int Images => Volatile.Read(ref _images);

        public int Add(int images) => Interlocked.Add(ref _images, images);
    }

    [LoggerMessage(LogLevel.Warning, "An image of model {Model} begins again after attempt {Attempt} at replica {Replica}: {Reason}")]
    private partial void LogReplay(string model, ReplicaKey replica, int attempt, string reason);
}
