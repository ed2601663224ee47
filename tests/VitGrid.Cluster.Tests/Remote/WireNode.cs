using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>A process of the grid as far as its wire goes: a real data plane on loopback, without silo, models or grains.</summary>
internal sealed class WireNode : IAsyncDisposable
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider()
        .GetRequiredService<Serializer>();

    /// <param name="name">Name of the process.</param>
    /// <param name="unixSocket">Whether it also listens on a Unix socket.</param>
    /// <param name="handler">Takes its frames instead of the dispatcher.</param>
    /// <param name="isWorker">Whether it is a worker; else a front end.</param>
    /// <param name="tls">Its certificate; null: plaintext.</param>
    public WireNode(
        string name, bool unixSocket = false, FrameHandler? handler = null, bool isWorker = true, DataPlaneTls? tls = null)
    {
        Peers = new(Self = new(name, isWorker), NullLogger<Peers>.Instance);
        Images = new(Peers, Frames, Models);
        RemoteStages = new(Peers, Frames);
        Results = new(Peers, Frames, Heads, StagePeers, NullLogger<RemoteResults>.Instance);
        ImageServer server = new(Peers, Frames, HeadOf, Models, NullLogger<ImageServer>.Instance);
        StageReceiver inlet = new(Peers, Frames, Stages, StagePeers, NullLogger<StageReceiver>.Instance);
        TableGossip tables = new(Peers, Table, Frames, NullLogger<TableGossip>.Instance);
        Dispatcher = isWorker ? new(tables, Images, server, inlet, RemoteStages, Results) : new(tables, Images);
        KnownPeers known = new(Table, StagePeers);
        DataPlaneConfiguration plane = new()
        {
            UnixSocket = unixSocket,
            Listens = isWorker,
            Tls = tls,
            Limits = new() { ConnectMilliseconds = 60_000, GreetingMilliseconds = 60_000 },
            Rules = new()
            {
                Gate = handler is null ? Dispatcher.Gate : null,
                IsKnown = peer => known.Contains(peer) || Friends.Contains(peer.Node),
            },
        };
        Peers.Listen(plane, "grid", 0, handler ?? Dispatcher.HandleAsync, NullLoggerFactory.Instance);
    }

    /// <summary>Names that the membership holds.</summary>
    public ConcurrentBag<string> Friends { get; } = [];

    public StagePeers StagePeers { get; } = new();

    public ModelCatalog Models { get; } = new();

    public LocalNode Self { get; }

    public FrameSerializer Frames { get; } = new(Serializer);

    public Peers Peers { get; }

    public NodeAddress Address => Peers.Self;

    public FrameDispatcher Dispatcher { get; }

    public LoadedStages Stages { get; } = new();

    public LocalReplicaHeads Heads { get; } = new();

    public TableStore Table { get; } = new();

    public RemoteImages Images { get; }

    public RemoteStages RemoteStages { get; }

    public RemoteResults Results { get; }

    /// <summary>What this process's heads do with an image that came over the wire; null: as a real one would.</summary>
    public Func<ImageOrder, CancellationToken, Task<ImageAnswer>>? Head { get; set; }

    /// <summary>Model m in one replica with a stage in each of <paramref name="nodes"/>.</summary>
    public static ReplicaLayout Layout(params WireNode[] nodes) =>
        new(new("m", 0, 5), [.. nodes.Select((node, i) => new StagePlace(2 * i, 2, node.Address, "cpu:0", 1))]);

    /// <summary>Completes when the table is above <paramref name="version"/>.</summary>
    public async Task<GridTable> TableAboveAsync(long version)
    {
        await Table.WhenAboveAsync(version, CancellationToken.None).WaitAsync(Waits.Limit);
        return Table.Current;
    }

    public ValueTask DisposeAsync() => Peers.DisposeAsync();

    private IReplicaHead HeadOf(ReplicaKey replica) => Head is { } embed ? new PlayedHead(embed) : Heads.Get(replica);

    private sealed class PlayedHead(Func<ImageOrder, CancellationToken, Task<ImageAnswer>> embed) : IReplicaHead
    {
        public Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken) => embed(order, cancellationToken);
    }
}
