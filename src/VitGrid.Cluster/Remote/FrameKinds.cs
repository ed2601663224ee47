using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Remote;

/// <summary>What the processes of a grid send each other over the data plane.</summary>
internal static class FrameKinds
{
    /// <summary>Door → head: one decoded image; body: its pixels.</summary>
    public const ushort Image = 1;

    /// <summary>Door → head: nobody waits for that image any more.</summary>
    public const ushort Cancel = 2;

    /// <summary>Head → door: an image's vectors; body: 2 D floats.</summary>
    public const ushort Answer = 3;

    /// <summary>Head → door: an image has no vectors, and why.</summary>
    public const ushort Refusal = 4;

    /// <summary>Stage → next stage: a batch; body: its hidden state.</summary>
    public const ushort Batch = 5;

    /// <summary>Stage → stage before: a slot is free again.</summary>
    public const ushort Credit = 6;

    /// <summary>Stage → stage before: a batch came for an incarnation that is not here.</summary>
    public const ushort StaleBatch = 7;

    /// <summary>Stage → head: vectors of some images of a batch; body: for each 2 D floats.</summary>
    public const ushort Pooled = 8;

    /// <summary>Stage → head: a batch has no answer to come, and why.</summary>
    public const ushort BatchFailed = 9;

    /// <summary>Worker → whoever is linked to it: a newer table.</summary>
    public const ushort Table = 10;
}

/// <summary>Head of <see cref="FrameKinds.Image"/>. <see cref="ImageOrder.Image"/> is the door's number of it.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.picture")]
internal sealed record ImageHead([property: Id(0)] ReplicaKey Replica, [property: Id(1)] ImageOrder Order);

/// <summary>Head of <see cref="FrameKinds.Answer"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.answer")]
internal sealed record AnswerHead([property: Id(0)] long Image, [property: Id(1)] TimeSpan Queue, [property: Id(2)] TimeSpan Infer);

/// <summary>
/// Head of <see cref="FrameKinds.Refusal"/>: <paramref name="Fault"/> is null when the replica was lost and another may be asked.
/// </summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.refusal")]
internal sealed record RefusalHead([property: Id(0)] long Image, [property: Id(1)] GridFault? Fault, [property: Id(2)] string Message);

/// <summary>Head of <see cref="FrameKinds.Batch"/>: the batch, for whom, and the form of the hidden state in the body.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.batch")]
internal sealed record BatchHead(
    [property: Id(0)] StageKey Stage, [property: Id(1)] long Batch, [property: Id(2)] int[] Layers, [property: Id(3)] int Tokens,
    [property: Id(4)] int Width, [property: Id(5)] int ElementType)
{
    /// <summary>The batch's span as a traceparent; null when it is not traced.</summary>
    [Id(6)]
    public string? Trace { get; init; }
}

/// <summary>Head of <see cref="FrameKinds.StaleBatch"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.stale-batch")]
internal sealed record StaleBatchHead([property: Id(0)] StageKey Stage, [property: Id(1)] long Batch);

/// <summary>Head of <see cref="FrameKinds.Pooled"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.pooled")]
internal sealed record PooledHead([property: Id(0)] ReplicaKey Replica, [property: Id(1)] long Batch, [property: Id(2)] int[] Items);

/// <summary>Head of <see cref="FrameKinds.BatchFailed"/>: <paramref name="Fault"/> is null when the replica was lost.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.batch-failed")]
internal sealed record BatchFailedHead(
    [property: Id(0)] ReplicaKey Replica, [property: Id(1)] long Batch, [property: Id(2)] GridFault? Fault,
    [property: Id(3)] string Message);
