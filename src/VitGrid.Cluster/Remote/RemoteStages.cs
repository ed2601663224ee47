using System.Collections.Concurrent;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The stages of other processes that stages here hand batches to. Thread-safe.</summary>
internal sealed class RemoteStages(Peers peers, FrameSerializer frames)
{
    private readonly ConcurrentDictionary<StageKey, (RemoteNextStage Stage, IResultReturn Results)> _stages = new();

    /// <summary>The way to a stage.</summary>
    /// <param name="next">The stage.</param>
    /// <param name="peer">Its process.</param>
    /// <param name="results">Called with batches that the stage refuses.</param>
    /// <param name="sent">Called after each batch how long it took to send.</param>
    public INextStage Open(StageKey next, NodeAddress peer, IResultReturn results, Action<TimeSpan> sent)
    {
        RemoteNextStage stage = new(next, peer, peers, frames, sent);
        _stages[next] = (stage, results);
        return stage;
    }

    /// <summary>Forgets the way to a stage.</summary>
    public void Close(StageKey next) => _stages.TryRemove(next, out _);

    /// <summary>Handles <see cref="FrameKinds.Credit"/> and <see cref="FrameKinds.FeatureCredit"/>.</summary>
    public ValueTask OnCredit(Link link, Frame frame)
    {
        if (_stages.TryGetValue(frames.Read<StageKey>(frame), out var entry))
            entry.Stage.ReturnCredit(link, frame.Kind == FrameKinds.FeatureCredit);
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.StaleBatch"/>.</summary>
    public ValueTask OnStaleBatch(Link link, Frame frame)
    {
        StaleBatchHeader header = frames.Read<StaleBatchHeader>(frame);
        if (_stages.TryGetValue(header.Stage, out var entry) && entry.Stage.IsOver(link))
            _ = entry.Results.FailAsync(
                header.Batch, new ReplicaLostException($"{link.Peer.Node} has no stage {header.Stage}: it was replaced")).AsTask();
        return ValueTask.CompletedTask;
    }
}
