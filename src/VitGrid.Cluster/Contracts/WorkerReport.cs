using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Contracts;

/// <summary>A device as its worker advertises it.</summary>
/// <param name="Name">E.g. <c>cpu:0</c>, <c>cuda:1</c>.</param>
/// <param name="Model">What it is, e.g. the card's or the processor's name.</param>
/// <param name="MemoryBytes">Memory the grid may use there; null where it is not bounded.</param>
/// <param name="Speed">Nominal FLOP a second in the precision it computes in.</param>
/// <param name="ComputeCapability">CUDA's, e.g. <c>9.0</c>; null on a CPU.</param>
/// <param name="Threads">Threads of a CPU device; 0 on a GPU.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.device-row")]
internal sealed record DeviceRow(
    [property: Id(0)] string Name, [property: Id(1)] string Model, [property: Id(2)] long? MemoryBytes, [property: Id(3)] double Speed,
    [property: Id(4)] string? ComputeCapability, [property: Id(5)] int Threads);

/// <summary>A model that a worker could not open or load.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.model-fault")]
internal sealed record ModelFault([property: Id(0)] string Model, [property: Id(1)] string Message);

/// <summary>A stage as its worker has it.</summary>
/// <param name="Layout">The incarnation it belongs to, whole: a new planner learns from it what is there.</param>
/// <param name="Segment">Which of its stages.</param>
/// <param name="State">How far.</param>
/// <param name="Problem">Why it failed; null otherwise.</param>
/// <param name="InFlight">Batches it holds.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-report")]
internal sealed record StageReport(
    [property: Id(0)] ReplicaLayout Layout, [property: Id(1)] int Segment, [property: Id(2)] StageState State,
    [property: Id(3)] string? Problem, [property: Id(4)] int InFlight)
{
    public StageKey Key => new(Layout.Key, Segment);
}

/// <summary>
/// What a worker tells the planner, every second and at each change. The planner keeps nothing that a report does not say again.
/// </summary>
[GenerateSerializer, Immutable, Alias("vitgrid.worker-report")]
internal sealed record WorkerReport
{
    [Id(0)] public required NodeAddress Address { get; init; }

    /// <summary>Devices of one machine are near each other.</summary>
    [Id(1)] public required string Machine { get; init; }

    [Id(2)] public required int ProcessId { get; init; }

    /// <summary>Hands over and leaves: keeps serving what it has, and is given nothing new.</summary>
    [Id(3)] public bool Leaving { get; init; }

    [Id(4)] public required ImmutableArray<DeviceRow> Devices { get; init; }

    /// <summary>Models whose files are here and whose weights were fingerprinted.</summary>
    [Id(5)] public required ImmutableArray<ModelCard> Models { get; init; }

    [Id(6)] public ImmutableArray<ModelFault> Faults { get; init; } = [];

    [Id(7)] public ImmutableArray<StageReport> Stages { get; init; } = [];

    /// <summary>Version of the newest table this worker has seen: a new planner goes on above it.</summary>
    [Id(8)] public long TableVersion { get; init; }

    /// <summary>Devices that are not healthy; not set by builds that know no such.</summary>
    [Id(9)] public ImmutableArray<SickDevice> Sick { get; init; }

    /// <summary>What it does; null from builds that say nothing of it.</summary>
    [Id(10)] public WorkerLoad? Load { get; init; }

    /// <summary>The same, of which there are none where nobody says.</summary>
    public ImmutableArray<SickDevice> SickDevices => Sick.IsDefault ? [] : Sick;
}
