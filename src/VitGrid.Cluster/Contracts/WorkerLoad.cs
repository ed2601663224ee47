namespace VitGrid.Cluster.Contracts;

/// <summary>What a worker does at a moment, beside its report: read when somebody looks, and nothing is planned by it.</summary>
/// <param name="At">Seconds on the worker's own clock, which only measures.</param>
/// <param name="Stages">Its stages at work.</param>
/// <param name="Queues">What waits at the heads of its replicas, by model.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.worker-load")]
internal sealed record WorkerLoad(
    [property: Id(0)] double At, [property: Id(1)] ImmutableArray<StageLoad> Stages, [property: Id(2)] ImmutableArray<QueueLoad> Queues);

/// <summary>A stage at work.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Replica">The replica's number.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Segment">Which of its segments.</param>
/// <param name="Device">The device it is on.</param>
/// <param name="Busy">Seconds that it has kept its device busy in all.</param>
/// <param name="InFlight">Batches it holds.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-load")]
internal sealed record StageLoad(
    [property: Id(0)] string Model, [property: Id(1)] int Replica, [property: Id(2)] long Epoch, [property: Id(3)] int Segment,
    [property: Id(4)] string Device, [property: Id(5)] double Busy, [property: Id(6)] int InFlight)
{
    /// <summary>Batches that came into it in all; 0 from a worker of an earlier version.</summary>
    [Id(7)]
    public long Batches { get; init; }

    /// <summary>Images in them.</summary>
    [Id(8)]
    public long Images { get; init; }

    /// <summary>Bytes of them.</summary>
    [Id(9)]
    public long Bytes { get; init; }
}

/// <summary>What waits of a model.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Interactive">Images of the interactive lane.</param>
/// <param name="Bulk">Images of the bulk lane.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.queue-load")]
internal sealed record QueueLoad([property: Id(0)] string Model, [property: Id(1)] int Interactive, [property: Id(2)] int Bulk);

/// <summary>A worker and its load, as the planner last heard them.</summary>
/// <param name="Node">The worker's name.</param>
/// <param name="Load">What it does.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.node-load")]
internal sealed record NodeLoad([property: Id(0)] string Node, [property: Id(1)] WorkerLoad Load);
