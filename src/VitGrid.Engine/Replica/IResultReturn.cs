namespace VitGrid.Engine.Replica;

/// <summary>
/// Brings what stages made back to the head of their replica: in this process (<see cref="LocalResultReturn"/>) or over the data plane.
/// Thread-safe. A head that cannot be reached has noticed that itself: nothing is thrown.
/// </summary>
public interface IResultReturn
{
    /// <summary>Brings vectors of some images of a batch.</summary>
    ValueTask ReturnAsync(PooledItems pooled);

    /// <summary>Says that a batch has no answer to come, and why.</summary>
    ValueTask FailAsync(long batch, Exception reason);
}

/// <summary>The head is in this process.</summary>
public sealed class LocalResultReturn(ReplicaKey replica, LocalReplicaHeads heads) : IResultReturn
{
    /// <inheritdoc/>
    public ValueTask ReturnAsync(PooledItems pooled)
    {
        heads.Find(replica)?.Gather(pooled);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FailAsync(long batch, Exception reason)
    {
        heads.Find(replica)?.Fail(batch, reason);
        return ValueTask.CompletedTask;
    }
}
