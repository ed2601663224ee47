using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Brings each frame to whoever handles its kind. A front end has answers and tables only; a worker has all of it. A frame that this process
/// has no use for ends its link.
/// </summary>
internal sealed class FrameDispatcher(
    TableGossip tables,
    RemoteImages answers,
    ImageServer? images = null,
    StageInlet? batches = null,
    RemoteStages? stages = null,
    RemoteResults? results = null)
{
    /// <summary>Handles one frame; owns its body.</summary>
    /// <exception cref="InvalidDataException">The frame cannot be read, or this process has no use for its kind.</exception>
    public ValueTask HandleAsync(Link link, Frame frame) => Handle(link, frame)
        ?? throw new InvalidDataException($"{link.Peer.Node} sent a frame of kind {frame.Kind}, which this process has no use for");

    private ValueTask? Handle(Link link, Frame frame) => frame.Kind switch
    {
        FrameKinds.Image => images?.OnImage(link, frame),
        FrameKinds.Cancel => images?.OnCancel(link, frame),
        FrameKinds.Answer => answers.OnAnswer(link, frame),
        FrameKinds.Refusal => answers.OnRefusal(link, frame),
        FrameKinds.Batch => batches?.OnBatchAsync(link, frame),
        FrameKinds.Credit => stages?.OnCredit(link, frame),
        FrameKinds.StaleBatch => stages?.OnStaleBatch(link, frame),
        FrameKinds.Pooled => results?.OnPooled(link, frame),
        FrameKinds.BatchFailed => results?.OnBatchFailed(link, frame),
        FrameKinds.Table => tables.OnTable(link, frame),
        _ => null,
    };
}
