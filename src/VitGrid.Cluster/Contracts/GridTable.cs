using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Model.Segments;
using VitGrid.Transport;

namespace VitGrid.Cluster.Contracts;

/// <summary>Who a process is, and where its data plane listens.</summary>
/// <param name="Node">Name: its silo's address, which no other incarnation has.</param>
/// <param name="Incarnation">A number of this start of the process; a peer that finds another one behind the address is refused.</param>
/// <param name="Endpoint">Where; null for a grid of one process, which needs no data plane.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.node-address")]
internal sealed record NodeAddress(
    [property: Id(0)] string Node, [property: Id(1)] long Incarnation, [property: Id(2)] NodeEndpoint? Endpoint);

/// <summary>Where one segment of a replica runs.</summary>
/// <param name="FirstBlock">Index of its first block.</param>
/// <param name="BlockCount">How many it holds.</param>
/// <param name="Node">The process.</param>
/// <param name="Device">The device there, e.g. <c>cuda:0</c>.</param>
/// <param name="Bytes">Memory it takes there.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-place")]
internal sealed record StagePlace(
    [property: Id(0)] int FirstBlock, [property: Id(1)] int BlockCount, [property: Id(2)] NodeAddress Node, [property: Id(3)] string Device,
    [property: Id(4)] long Bytes)
{
    public BlockRange Blocks => new(FirstBlock, BlockCount);
}

/// <summary>All stages of one incarnation of a replica, in the order an image passes them.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-layout")]
internal sealed record ReplicaLayout([property: Id(0)] ReplicaKey Key, [property: Id(1)] ImmutableArray<StagePlace> Stages)
{
    /// <summary>Where images come in and batches are formed: the process of segment 0.</summary>
    public NodeAddress Head => Stages[0].Node;

    /// <summary>Batches under way at once: one computed and one waiting at each stage keeps every stage busy.</summary>
    public int Window => 2 * Stages.Length;
}

/// <summary>How far an incarnation of a replica is.</summary>
internal enum ReplicaState
{
    /// <summary>Its segments are being loaded; an older incarnation may serve meanwhile.</summary>
    Loading,

    /// <summary>Takes images.</summary>
    Serving,

    /// <summary>Finishes what it has and takes nothing new.</summary>
    Retiring,

    /// <summary>A segment could not be loaded.</summary>
    Failed,
}

/// <summary>How far a stage is.</summary>
internal enum StageState
{
    /// <summary>Its weights are being read.</summary>
    Loading,

    /// <summary>Runs batches.</summary>
    Ready,

    /// <summary>Could not be loaded.</summary>
    Failed,
}

/// <summary>One incarnation of a replica in the table.</summary>
/// <param name="Layout">Its stages.</param>
/// <param name="State">How far it is.</param>
/// <param name="Stages">How far each stage is, in order.</param>
/// <param name="ImagesPerSecond">What the planner expects of it; only ratios mean something.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-row")]
internal sealed record ReplicaRow(
    [property: Id(0)] ReplicaLayout Layout, [property: Id(1)] ReplicaState State, [property: Id(2)] ImmutableArray<StageState> Stages,
    [property: Id(3)] double ImagesPerSecond);

/// <summary>One model in the table.</summary>
/// <param name="Card">What it is.</param>
/// <param name="State">Ready once any replica has served; stays so while replicas are replaced.</param>
/// <param name="Problem">Why it failed or what it lacks; null when nothing is wrong.</param>
/// <param name="Replicas">Its incarnations, serving ones and others.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.model-row")]
internal sealed record ModelRow(
    [property: Id(0)] ModelCard Card, [property: Id(1)] ModelState State, [property: Id(2)] string? Problem,
    [property: Id(3)] ImmutableArray<ReplicaRow> Replicas);

/// <summary>One worker in the table.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.node-row")]
internal sealed record NodeRow(
    [property: Id(0)] NodeAddress Address, [property: Id(1)] int ProcessId, [property: Id(2)] bool Leaving,
    [property: Id(3)] ImmutableArray<DeviceRow> Devices)
{
    /// <summary>Those of them that are not healthy; not set by builds that know no such.</summary>
    [Id(4)]
    public ImmutableArray<SickDevice> Sick { get; init; }

    /// <summary>The same, of which there are none where nobody says.</summary>
    public ImmutableArray<SickDevice> SickDevices => Sick.IsDefault ? [] : Sick;
}

/// <summary>Who runs what: a snapshot, replaced as a whole and never edited. A higher version always wins.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.grid-table")]
internal sealed record GridTable(
    [property: Id(0)] long Version, [property: Id(1)] ImmutableArray<ModelRow> Models, [property: Id(2)] ImmutableArray<NodeRow> Nodes)
{
    public static GridTable Empty { get; } = new(0, [], []);

    /// <summary>Devices whose vectors of some time are not to be believed; not set by builds that know no such.</summary>
    [Id(3)]
    public ImmutableArray<RecallRow> Recalls { get; init; }

    /// <summary>The same, of which there are none where nobody says.</summary>
    public ImmutableArray<RecallRow> RecallRows => Recalls.IsDefault ? [] : Recalls;

    public ModelRow? Find(string model) => Models.FirstOrDefault(row => row.Card.Name == model);
}
