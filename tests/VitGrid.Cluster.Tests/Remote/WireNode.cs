using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>A process of the grid as far as its wire goes: a real data plane on loopback, without silo, models or grains.</summary>
internal sealed class WireNode : IAsyncDisposable
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider()
        .GetRequiredService<Serializer>();

    public WireNode(string name, bool unixSocket = false)
    {
        Peers = new(new(name), NullLogger<Peers>.Instance);
        Client = new(Peers, Frames);
        _ = new ImageServer(Peers, Frames, Pixels, (replica, order, cancellation) => Batchers(
            replica, order, cancellation), NullLogger<ImageServer>.Instance);
        _ = new StageInlet(Peers, Frames, Stages, NullLogger<StageInlet>.Instance);
        _ = new TableGossip(Peers, Table, Frames);
        Outlets = new(Peers, Frames);
        HeadReturn = new(Peers, Frames, Heads, NullLogger<HeadReturn>.Instance);
        Peers.Listen(new() { UnixSocket = unixSocket }, "grid", 0, NullLoggerFactory.Instance);
    }

    public FrameHeads Frames { get; } = new(Serializer);

    public Peers Peers { get; }

    public NodeAddress Address => Peers.Self;

    public PixelStore Pixels { get; } = new();

    public LoadedStages Stages { get; } = new();

    public PipelineHeads Heads { get; } = new();

    public TableStore Table { get; } = new();

    public ImageClient Client { get; }

    public StageOutlets Outlets { get; }

    public HeadReturn HeadReturn { get; }

    /// <summary>What this process's batchers do with an image.</summary>
    public LocalBatchers Batchers { get; set; } = (replica, _, _) => throw new ReplicaLostException(
        $"replica {replica} is not served by this process");

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
}
