using VitGrid.Engine.Health;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;

namespace VitGrid.Engine.Replica;

/// <content>What a failed run means for the images of its batch.</content>
public sealed partial class Stage
{
    private ReplicaLostException Spoilt(BatchTicket ticket, int[] spoilt) => new(
        $"{spoilt.Length} of {ticket.Layers.Length} images came out of segment {_key.Segment} of model '{_key.Replica.Model}' as NaN or "
            + "infinity, twice")
    { Loss = ReplicaLoss.DeviceBroke };

    /// <summary>What is the device's fault is begun again elsewhere; what is the batch's fails it.</summary>
    private Exception ToFailure(Exception failure, BatchTicket ticket)
    {
        ReplicaLoss? loss = failure switch
        {
            _ when _guard is null => null,
            DeviceOutException exception => exception.IsBreaker ? ReplicaLoss.DeviceBroke : ReplicaLoss.DeviceOut,
            SegmentRunException { Failure: RunFailure.Device or RunFailure.Context } => ReplicaLoss.DeviceBroke,
            SegmentRunException { Failure: RunFailure.Memory } => ReplicaLoss.TooLarge,
            _ => null,
        };
        return failure is ReplicaLostException ? failure
            : loss is { } how ? new ReplicaLostException($"stage {_key}: {failure.Message}", failure) { Loss = how }
            : ToGridException(failure, ticket);
    }

    private GridException ToGridException(Exception failure, BatchTicket ticket)
    {
        LogFailed(failure, _key.Replica.Model, _key.Segment, ticket.Layers.Length, RequestLabel.List(ticket.RequestIds));
        return Refusals.SegmentFailed(_key.Replica.Model, _key.Segment, ticket.Layers.Length, failure);
    }
}
