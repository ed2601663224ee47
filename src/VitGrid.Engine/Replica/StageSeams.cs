using VitGrid.Engine.Features;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>Where a stage's results go.</summary>
/// <param name="Results">Vectors and failures, to the replica's head.</param>
/// <param name="Next">The hidden state, to the next stage; null after the last one.</param>
public sealed record StageExits(IResultReturn Results, INextStage? Next);

/// <summary>
/// Takes a batch from the stage before: in this process (<see cref="LocalNextStage"/>) or over the data plane. Called for one batch at a
/// time.
/// </summary>
public interface INextStage
{
    /// <summary>Hands a batch on; completes when the next stage has it. Owns <paramref name="hidden"/> from the call on.</summary>
    /// <exception cref="ReplicaLostException">The stage is not, or no longer, there.</exception>
    Task ForwardAsync(BatchTicket ticket, Activation hidden);
}

/// <summary>The next stage in this process: the activation passes by reference.</summary>
public sealed class LocalNextStage(StageKey next, LoadedStages stages) : INextStage
{
    /// <inheritdoc/>
    public async Task ForwardAsync(BatchTicket ticket, Activation hidden) => await stages.EnqueueAsync(next, new(ticket, null, hidden));
}

/// <summary>
/// Brings what stages made back to the head of their replica: in this process (<see cref="LocalResultReturn"/>) or over the data plane.
/// Thread-safe. A head that cannot be reached has noticed that itself: nothing is thrown.
/// </summary>
public interface IResultReturn
{
    /// <summary>Brings vectors of some images of a batch.</summary>
    ValueTask ReturnAsync(PooledItems pooled);

    /// <summary>Brings features of some images of a batch, which are the callee's from the call on.</summary>
    ValueTask ReturnFeaturesAsync(FeatureItems features);

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
    public ValueTask ReturnFeaturesAsync(FeatureItems features)
    {
        if (heads.Find(replica) is { } head)
            head.GatherFeatures(features);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FailAsync(long batch, Exception reason)
    {
        heads.Find(replica)?.Fail(batch, reason);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Makes a segment of a checkpoint ready to run. Called on a thread of its own, never from a grain.</summary>
public delegate ISegmentSession SegmentLoader(Checkpoint checkpoint, SegmentSettings settings);

/// <summary>Loads segments where the grid runs them.</summary>
public static class SegmentLoading
{
    /// <summary>Loads a segment with its device's backend.</summary>
    public static ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        IExecutionBackend backend = settings.Device.Backend;
        // A backend's threads for the processor are started as the session is made.
        return backend.SharesHost ? ComputeThread.Run(() => backend.Load(checkpoint, settings)) : backend.Load(checkpoint, settings);
    }
}
