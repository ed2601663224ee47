using VitGrid.Engine.Replica;
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

/// <summary>Wire form of <see cref="ReplicaLostException"/>.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.replica-lost")]
internal readonly record struct ReplicaLostSurrogate([property: Id(0)] string Message, [property: Id(1)] int Loss);

/// <summary>The engine's and the transport's types know nothing of Orleans: these converters let them travel in its messages.</summary>
[RegisterConverter]
internal sealed class SurrogateConverter :
    IConverter<ReplicaKey, ReplicaKeySurrogate>,
    IConverter<StageKey, StageKeySurrogate>,
    IConverter<NodeEndpoint, NodeEndpointSurrogate>,
    IConverter<ReplicaLostException, ReplicaLostSurrogate>
{
    public ReplicaKey ConvertFromSurrogate(in ReplicaKeySurrogate surrogate) => new(surrogate.Model, surrogate.Replica, surrogate.Epoch);

    public ReplicaKeySurrogate ConvertToSurrogate(in ReplicaKey value) => new(value.Model, value.Replica, value.Epoch);

    public StageKey ConvertFromSurrogate(in StageKeySurrogate surrogate) => new(surrogate.Replica, surrogate.Segment);

    public StageKeySurrogate ConvertToSurrogate(in StageKey value) => new(value.Replica, value.Segment);

    public NodeEndpoint ConvertFromSurrogate(in NodeEndpointSurrogate surrogate) =>
        new(surrogate.Host, surrogate.Port, surrogate.UnixSocket, surrogate.Machine);

    public NodeEndpointSurrogate ConvertToSurrogate(in NodeEndpoint value) => new(value.Host, value.Port, value.UnixSocket, value.Machine);

    public ReplicaLostException ConvertFromSurrogate(in ReplicaLostSurrogate surrogate) => new(surrogate.Message)
    {
        Loss = (ReplicaLoss)surrogate.Loss,
    };

    public ReplicaLostSurrogate ConvertToSurrogate(in ReplicaLostException value) => new(value.Message, (int)value.Loss);
}
