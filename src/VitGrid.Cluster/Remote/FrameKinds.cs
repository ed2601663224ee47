using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Remote;

/// <summary>What the processes of a grid send each other over the data plane.</summary>
internal static class FrameKinds
{
    /// <summary>Front end → head: one decoded image; body: its pixels.</summary>
    public const ushort Image = 1;

    /// <summary>
    /// Front end → head: nobody waits for that image any more; head: the lower half of its id. Heard on the link that brought the image
    /// alone.
    /// </summary>
    public const ushort Cancel = 2;

    /// <summary>Head → front end: an image's vectors; body: 2 D floats.</summary>
    public const ushort Answer = 3;

    /// <summary>Head → front end: an image has no vectors, and why.</summary>
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

    /// <summary>As <see cref="Batch"/>, for a batch with features: it has credits of its own, so that others never wait for it.</summary>
    public const ushort FeatureBatch = 11;

    /// <summary>As <see cref="Credit"/>, for <see cref="FeatureBatch"/>.</summary>
    public const ushort FeatureCredit = 12;

    /// <summary>Stage → head: a piece of one image's features; body: the piece.</summary>
    public const ushort FeatureItem = 13;

    /// <summary>Head → front end: a piece of an image's features, before its <see cref="Answer"/>; body: the piece.</summary>
    public const ushort FeatureAnswer = 14;
}

/// <summary>Header of <see cref="FrameKinds.Image"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.picture")]
internal sealed record ImageHeader([property: Id(0)] ReplicaKey Replica, [property: Id(1)] ImageOrderHeader Order);

/// <summary>An <see cref="ImageOrder"/> on its way; its pixels are the frame's body.</summary>
/// <param name="Image">The lower half of its id, which its answer names.</param>
/// <param name="Layer">Hidden state to pool, 0…L.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Bytes">What it holds while it waits.</param>
/// <param name="Remaining">Time left until its deadline.</param>
/// <param name="Trace">Its span as a traceparent; null when it is not traced.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.picture-order")]
internal sealed record ImageOrderHeader(
    [property: Id(0)] long Image,
    [property: Id(1)] int Layer,
    [property: Id(2)] Lane Lane,
    [property: Id(3)] long Bytes,
    [property: Id(4)] TimeSpan Remaining,
    [property: Id(5)] string? Trace)
{
    /// <summary>
    /// Its request, for logs; null: unnamed, or from a build that names none. A label that a client chose: nothing is found by it.
    /// </summary>
    [Id(6)]
    public string? RequestId { get; init; }

    /// <summary>The upper half of its id; 0 from builds that know none.</summary>
    [Id(7)]
    public long ImageHigh { get; init; }

    /// <summary>Its id.</summary>
    public ExchangeId Exchange => new(Image, ImageHigh);
    /// <summary>On whose behalf; null: nobody's in particular, or from a build that does not say.</summary>
    [Id(8)]
    public string? Tenant { get; init; }

    /// <summary>What is to be given out beside the vectors; null: nothing, or from a build that gives nothing out.</summary>
    [Id(9)]
    public FeatureOrderHeader? Features { get; init; }

    /// <summary>Devices that broke while they had it; 0 from builds that do not count.</summary>
    [Id(10)]
    public int Broken { get; init; }

    /// <summary>Whether the body is normalised planes; false from builds that send none.</summary>
    [Id(11)]
    public bool ArePlanes { get; init; }
}

/// <summary>A <see cref="FeatureOrder"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.feature-order")]
internal sealed record FeatureOrderHeader(
    [property: Id(0)] int[] Layers, [property: Id(1)] int Parts, [property: Id(2)] int Layout, [property: Id(3)] int Type)
{
    /// <summary>The hidden state of visual tokens; null: none are asked for.</summary>
    [Id(4)]
    public int? VisualLayer { get; init; }

    /// <inheritdoc cref="FeatureOrder.NormedFrom"/>
    [Id(5)]
    public int NormedFrom { get; init; }

    public static FeatureOrderHeader From(FeatureOrder order) =>
        new([.. order.Layers], (int)order.Parts, (int)order.Layout, (int)order.Type)
        {
            VisualLayer = order.VisualLayer,
            NormedFrom = order.NormedFrom,
        };

    public FeatureOrder ToOrder() => new()
    {
        Layers = [.. Layers ?? []],
        Parts = (FeatureParts)Parts,
        Layout = (FeatureLayout)Layout,
        Type = (FeatureType)Type,
        VisualLayer = VisualLayer,
        NormedFrom = NormedFrom,
    };
}

/// <summary>Header of <see cref="FrameKinds.Answer"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.answer")]
internal sealed record AnswerHeader([property: Id(0)] long Image, [property: Id(1)] TimeSpan Queue, [property: Id(2)] TimeSpan Infer)
{
    /// <inheritdoc cref="ImageOrderHeader.ImageHigh"/>
    [Id(3)]
    public long ImageHigh { get; init; }

    /// <summary>The devices that the vectors passed, <see cref="VectorOrigin.Devices"/>; null from builds that do not say.</summary>
    [Id(4)]
    public string? Devices { get; init; }

    /// <summary>When they were computed, <see cref="VectorOrigin.Milliseconds"/>.</summary>
    [Id(5)]
    public long Computed { get; init; }

    /// <summary>Where they were computed; null where it was not said, or what was said can be no origin.</summary>
    public VectorOrigin? Origin => VectorOrigin.From(Devices, Computed);

    /// <inheritdoc cref="ImageOrderHeader.Exchange"/>
    public ExchangeId Exchange => new(Image, ImageHigh);
}

/// <summary>
/// Header of <see cref="FrameKinds.Refusal"/>: <paramref name="Fault"/> is null when the replica was lost and another may be asked.
/// </summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.refusal")]
internal sealed record RefusalHeader([property: Id(0)] long Image, [property: Id(1)] GridFault? Fault, [property: Id(2)] string Message)
{
    /// <inheritdoc cref="ImageOrderHeader.ImageHigh"/>
    [Id(3)]
    public long ImageHigh { get; init; }

    /// <summary>How the replica was lost, a <see cref="ReplicaLoss"/>; 0 from builds that do not say.</summary>
    [Id(4)]
    public int Loss { get; init; }

    /// <inheritdoc cref="ImageOrderHeader.Exchange"/>
    public ExchangeId Exchange => new(Image, ImageHigh);
}

/// <summary>Header of <see cref="FrameKinds.Batch"/>: the batch, for whom, and the form of the hidden state in the body.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.batch")]
internal sealed record BatchHeader(
    [property: Id(0)] StageKey Stage,
    [property: Id(1)] long Batch,
    [property: Id(2)] int[] Layers,
    [property: Id(3)] int Tokens,
    [property: Id(4)] int Width,
    [property: Id(5)] int ElementType)
{
    /// <summary>The batch's span as a traceparent; null when it is not traced.</summary>
    [Id(6)]
    public string? Trace { get; init; }

    /// <summary>Each image's request, for logs; null: none is named, or from a build that names none.</summary>
    [Id(7)]
    public string?[]? RequestIds { get; init; }

    /// <summary>What each image is to give out beside its vectors; null: nothing.</summary>
    [Id(8)]
    public FeatureOrderHeader[]? Features { get; init; }
}

/// <summary>Header of <see cref="FrameKinds.StaleBatch"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.stale-batch")]
internal sealed record StaleBatchHeader([property: Id(0)] StageKey Stage, [property: Id(1)] long Batch);

/// <summary>Header of <see cref="FrameKinds.Pooled"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.pooled")]
internal sealed record PooledHeader([property: Id(0)] ReplicaKey Replica, [property: Id(1)] long Batch, [property: Id(2)] int[] Items);

/// <summary>Header of <see cref="FrameKinds.BatchFailed"/>: <paramref name="Fault"/> is null when the replica was lost.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.batch-failed")]
internal sealed record BatchFailedHeader(
    [property: Id(0)] ReplicaKey Replica, [property: Id(1)] long Batch, [property: Id(2)] GridFault? Fault,
    [property: Id(3)] string Message)
{
    /// <inheritdoc cref="RefusalHeader.Loss"/>
    [Id(4)]
    public int Loss { get; init; }
}

/// <summary>Header of <see cref="FrameKinds.FeatureItem"/>: a piece of a block, or why there is no block.</summary>
/// <param name="Replica">The incarnation.</param>
/// <param name="Batch">The batch.</param>
/// <param name="Item">Which of its images.</param>
/// <param name="Block">Which of the image's blocks.</param>
/// <param name="Offset">Bytes of the block before the piece.</param>
/// <param name="Total">Bytes of the block.</param>
/// <param name="Problem">Why there is no block; null where there is one.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.feature-item")]
internal sealed record FeatureItemHeader(
    [property: Id(0)] ReplicaKey Replica, [property: Id(1)] long Batch, [property: Id(2)] int Item, [property: Id(3)] int Block,
    [property: Id(4)] long Offset, [property: Id(5)] long Total, [property: Id(6)] string? Problem)
{
    /// <inheritdoc cref="VitGrid.Engine.Features.FeatureItem.IsBeyondType"/>
    [Id(7)]
    public bool IsBeyondType { get; init; }
}

/// <summary>Header of <see cref="FrameKinds.FeatureAnswer"/>: a piece of a block.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.wire.feature-answer")]
internal sealed record FeatureAnswerHeader(
    [property: Id(0)] long Image, [property: Id(1)] long ImageHigh, [property: Id(2)] int Block, [property: Id(3)] long Offset,
    [property: Id(4)] long Total)
{
    /// <inheritdoc cref="ImageOrderHeader.Exchange"/>
    public ExchangeId Exchange => new(Image, ImageHigh);
}
