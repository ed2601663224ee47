using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Contracts;

/// <summary>Wire form of <see cref="ReplicaKey"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-key")]
internal readonly record struct ReplicaKeySurrogate(
    [property: Id(0)] string Model, [property: Id(1)] int Replica, [property: Id(2)] long Epoch);

/// <summary>Wire form of <see cref="StageKey"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-key")]
internal readonly record struct StageKeySurrogate([property: Id(0)] ReplicaKey Replica, [property: Id(1)] int Segment);

/// <summary>Wire form of <see cref="NodeEndpoint"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.node-endpoint")]
internal readonly record struct NodeEndpointSurrogate(
    [property: Id(0)] string Host, [property: Id(1)] int Port, [property: Id(2)] string? UnixSocket, [property: Id(3)] string Machine);

/// <summary>Wire form of <see cref="ImageOrder"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.picture-order")]
internal readonly record struct ImageOrderSurrogate(
    [property: Id(0)] long Image,
    [property: Id(1)] int Layer,
    [property: Id(2)] Lane Lane,
    [property: Id(3)] long Bytes,
    [property: Id(4)] TimeSpan Remaining,
    [property: Id(5)] string? Trace);

/// <summary>Wire form of <see cref="ImageAnswer"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.picture-answer")]
internal readonly record struct ImageAnswerSurrogate(
    [property: Id(0)] float[] ClsThenMean, [property: Id(1)] TimeSpan Queue, [property: Id(2)] TimeSpan Infer);

/// <summary>Wire form of <see cref="GridException"/>.</summary>
[GenerateSerializer, Immutable]
internal readonly record struct GridExceptionSurrogate(
    [property: Id(0)] GridFault Fault, [property: Id(1)] TimeSpan? RetryAfter, [property: Id(2)] string Message);

/// <summary>Wire form of <see cref="ReplicaLostException"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-lost")]
internal readonly record struct ReplicaLostSurrogate([property: Id(0)] string Message);

/// <summary>The engine's and the transport's types know nothing of Orleans: these converters let them travel in its messages.</summary>
[RegisterConverter]
internal sealed class SurrogateConverter :
    IConverter<ReplicaKey, ReplicaKeySurrogate>,
    IConverter<StageKey, StageKeySurrogate>,
    IConverter<NodeEndpoint, NodeEndpointSurrogate>,
    IConverter<ImageOrder, ImageOrderSurrogate>,
    IConverter<ImageAnswer, ImageAnswerSurrogate>,
    IConverter<GridException, GridExceptionSurrogate>,
    IConverter<ReplicaLostException, ReplicaLostSurrogate>
{
    public ReplicaKey ConvertFromSurrogate(in ReplicaKeySurrogate surrogate) => new(surrogate.Model, surrogate.Replica, surrogate.Epoch);

    public ReplicaKeySurrogate ConvertToSurrogate(in ReplicaKey value) => new(value.Model, value.Replica, value.Epoch);

    public StageKey ConvertFromSurrogate(in StageKeySurrogate surrogate) => new(surrogate.Replica, surrogate.Segment);

    public StageKeySurrogate ConvertToSurrogate(in StageKey value) => new(value.Replica, value.Segment);

    public NodeEndpoint ConvertFromSurrogate(in NodeEndpointSurrogate surrogate) =>
        new(surrogate.Host, surrogate.Port, surrogate.UnixSocket, surrogate.Machine);

    public NodeEndpointSurrogate ConvertToSurrogate(in NodeEndpoint value) => new(value.Host, value.Port, value.UnixSocket, value.Machine);

    public ImageOrder ConvertFromSurrogate(in ImageOrderSurrogate surrogate) =>
        new(surrogate.Image, surrogate.Layer, surrogate.Lane, surrogate.Bytes, surrogate.Remaining) { Trace = surrogate.Trace };

    public ImageOrderSurrogate ConvertToSurrogate(in ImageOrder value) =>
        new(value.Image, value.Layer, value.Lane, value.Bytes, value.Remaining, value.Trace);

    public ImageAnswer ConvertFromSurrogate(in ImageAnswerSurrogate surrogate) =>
        new(surrogate.ClsThenMean, surrogate.Queue, surrogate.Infer);

    public ImageAnswerSurrogate ConvertToSurrogate(in ImageAnswer value) => new(value.ClsThenMean, value.Queue, value.Infer);

    public GridException ConvertFromSurrogate(in GridExceptionSurrogate surrogate) =>
        new(surrogate.Fault, surrogate.Message) { RetryAfter = surrogate.RetryAfter };

    public GridExceptionSurrogate ConvertToSurrogate(in GridException value) => new(value.Fault, value.RetryAfter, value.Message);

    public ReplicaLostException ConvertFromSurrogate(in ReplicaLostSurrogate surrogate) => new(surrogate.Message);

    public ReplicaLostSurrogate ConvertToSurrogate(in ReplicaLostException value) => new(value.Message);
}
