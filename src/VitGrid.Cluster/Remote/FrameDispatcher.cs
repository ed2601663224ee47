using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Brings each frame to whoever handles its kind. A front end has answers and tables only; a worker has all of it. A frame that this
/// process has no use for, or that <see cref="FrameRules"/> do not allow on its link, ends the link.
/// </summary>
internal sealed class FrameDispatcher(
    TableGossip tables,
    RemoteImages answers,
    ImageServer? images = null,
    StageReceiver? batches = null,
    RemoteStages? stages = null,
    RemoteResults? results = null)
{
    /// <summary>The largest body of a frame of that kind on that link; null: it may not come, and nothing more of it is read.</summary>
    public int? Gate(Link link, ushort kind)
    {
        if (FrameRules.Find(kind) is not { } rule || !Handles(kind) || !rule.Allows(link))
            return null;
        return rule.MaxBody ?? (kind == FrameKinds.Image ? images!.MaxImageBytes : int.MaxValue);
    }

    /// <summary>Handles one frame; owns its body.</summary>
    /// <exception cref="InvalidDataException">The frame cannot be read, or this process has no use for its kind.</exception>
    public ValueTask HandleAsync(Link link, Frame frame) => frame.Kind switch
    {
        FrameKinds.Image when images is not null => images.OnImage(link, frame),
        FrameKinds.Cancel when images is not null => images.OnCancel(link, frame),
        FrameKinds.Answer => answers.OnAnswer(link, frame),
        FrameKinds.Refusal => answers.OnRefusal(link, frame),
        FrameKinds.FeatureAnswer => answers.OnFeatures(link, frame),
        FrameKinds.Batch or FrameKinds.FeatureBatch when batches is not null => batches.OnBatchAsync(link, frame),
        FrameKinds.Credit or FrameKinds.FeatureCredit when stages is not null => stages.OnCredit(link, frame),
        FrameKinds.StaleBatch when stages is not null => stages.OnStaleBatch(link, frame),
        FrameKinds.Pooled when results is not null => results.OnPooled(link, frame),
        FrameKinds.FeatureItem when results is not null => results.OnFeatures(link, frame),
        FrameKinds.BatchFailed when results is not null => results.OnBatchFailed(link, frame),
        FrameKinds.Table => tables.OnTable(link, frame),
        _ => throw new InvalidDataException($"{link.Peer.Node} sent a frame of kind {frame.Kind}, which this process has no use for"),
    };

    private bool Handles(ushort kind) => kind switch
    {
        FrameKinds.Image or FrameKinds.Cancel => images is not null,
        FrameKinds.Batch or FrameKinds.FeatureBatch => batches is not null,
        FrameKinds.Credit or FrameKinds.FeatureCredit or FrameKinds.StaleBatch => stages is not null,
        FrameKinds.Pooled or FrameKinds.FeatureItem or FrameKinds.BatchFailed => results is not null,
        _ => true,
    };
}
