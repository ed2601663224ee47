using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Administration;

/// <summary>A grid as its planner sees it.</summary>
/// <param name="Version">Of the table; grows with every change.</param>
/// <param name="Nodes">The workers.</param>
/// <param name="Models">The models.</param>
public sealed record GridStatus(long Version, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<ModelStatus> Models)
{
    internal static GridStatus From(GridTable table) => new(
        table.Version,
        [.. table.Nodes.Select(NodeStatus.From)],
        [.. table.Models.Select(ModelStatus.From)]);
}

/// <summary>A worker.</summary>
/// <param name="Node">Its name, as <c>cluster drain</c> takes it.</param>
/// <param name="State"><c>active</c> or <c>draining</c>.</param>
/// <param name="Endpoint">Where its data plane listens.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="Devices">Its devices, and those that were there at an earlier start and are missing.</param>
public sealed record NodeStatus(string Node, string State, string? Endpoint, int ProcessId, IReadOnlyList<NodeDevice> Devices)
{
    internal static NodeStatus From(NodeRow row) => new(
        row.Address.Node,
        row.Leaving ? "draining" : "active",
        row.Address.Endpoint?.ToString(),
        row.ProcessId,
        [
            .. row.Devices.Select(device => NodeDevice.From(device, row.SickDevices.FirstOrDefault(sick => sick.Device == device.Name))),
            .. row.SickDevices.Where(sick => row.Devices.All(device => device.Name != sick.Device)).Select(NodeDevice.Missing),
        ]);
}

/// <summary>A worker's device.</summary>
/// <param name="Device">E.g. <c>cuda:0</c>.</param>
/// <param name="Name">What it is; <c>missing</c> where it was there at an earlier start and is not now.</param>
/// <param name="MemoryBytes">Memory the grid may use there; null where it is not bounded.</param>
/// <param name="Speed">Nominal FLOP a second.</param>
/// <param name="ComputeCapability">CUDA's; null on a CPU.</param>
/// <param name="Threads">Threads of a CPU device; 0 on a GPU.</param>
public sealed record NodeDevice(string Device, string Name, long? MemoryBytes, double Speed, string? ComputeCapability, int Threads)
{
    /// <summary><c>healthy</c>, <c>slow</c> (it gets fewer images), <c>out</c> (none until probes pass) or <c>lost</c> (none).</summary>
    public string State { get; init; } = "healthy";

    /// <summary>Why it is not healthy; null where it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when it is not.</summary>
    public DateTimeOffset? Since { get; init; }

    internal static NodeDevice From(DeviceRow row, SickDevice? sick)
    {
        NodeDevice status = new(row.Name, row.Model, row.MemoryBytes, row.Speed, row.ComputeCapability, row.Threads);
        return sick is null ? status : status.As(sick);
    }

    /// <summary>A device that its worker tells of and has not.</summary>
    internal static NodeDevice Missing(SickDevice sick) => new NodeDevice(sick.Device, "missing", MemoryBytes: 0, 0, null, 0).As(sick);

    private NodeDevice As(SickDevice sick) => this with { State = sick.StateName, Reason = sick.Reason, Since = sick.Found };
}

/// <summary>A model.</summary>
/// <param name="Name">The name clients use.</param>
/// <param name="Fingerprint">Of its weights.</param>
/// <param name="State"><c>loading</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Problem">What it lacks or why it failed; null when nothing is wrong.</param>
/// <param name="Replicas">Its replicas, old and new incarnations.</param>
public sealed record ModelStatus(string Name, string Fingerprint, string State, string? Problem, IReadOnlyList<ReplicaStatus> Replicas)
{
    internal static ModelStatus From(ModelRow row) =>
        new(row.Card.Name, row.Card.Fingerprint, Word(row.State), row.Problem, [.. row.Replicas.Select(ReplicaStatus.From)]);

    internal static string Word<T>(T state)
        where T : struct, Enum => state.ToString().ToLowerInvariant();
}

/// <summary>One incarnation of a replica.</summary>
/// <param name="Replica">Its number.</param>
/// <param name="Epoch">Which incarnation.</param>
/// <param name="State"><c>loading</c>, <c>serving</c>, <c>retiring</c> or <c>failed</c>.</param>
/// <param name="Stages">Its segments.</param>
public sealed record ReplicaStatus(int Replica, long Epoch, string State, IReadOnlyList<StageStatus> Stages)
{
    internal static ReplicaStatus From(ReplicaRow row) => new(
        row.Layout.Key.Replica,
        row.Layout.Key.Epoch,
        ModelStatus.Word(row.State),
        [.. row.Layout.Stages.Select((stage, segment) => new StageStatus(
            segment, stage.Blocks.ToString(), stage.Node.Node, stage.Device, ModelStatus.Word(row.Stages[segment]), stage.Bytes))]);
}

/// <summary>One segment's place.</summary>
/// <param name="Segment">Which.</param>
/// <param name="Blocks">First and last block, e.g. <c>0..7</c>.</param>
/// <param name="Node">The worker.</param>
/// <param name="Device">Its device.</param>
/// <param name="State"><c>loading</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Bytes">Memory it takes.</param>
public sealed record StageStatus(int Segment, string Blocks, string Node, string Device, string State, long Bytes);
