using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

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
