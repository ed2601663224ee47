using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Grains;

/// <summary>Calls to the batchers of this process.</summary>
internal static class BatcherCalls
{
    /// <summary>
    /// The way to them. A batcher that goes while a call is on its way to it leaves the call to Orleans, which rejects it: to the caller
    /// the replica is lost, and the image begins again at another one.
    /// </summary>
    public static LocalBatchers Through(Func<ReplicaKey, IBatcherGrain> find) => async (replica, order, cancellation) =>
    {
        try
        {
            return await find(replica).EmbedAsync(order, cancellation);
        }
        catch (OrleansMessageRejectionException exception)
        {
            throw new ReplicaLostException($"the batcher of replica {replica} went while it was called: {exception.Message}", exception);
        }
    };
}
