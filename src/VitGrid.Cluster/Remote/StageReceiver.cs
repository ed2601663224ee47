using Microsoft.Extensions.Logging;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The way into this process's stages from those before them in other processes.</summary>
internal sealed partial class StageReceiver(
    Peers peers, FrameSerializer frames, LoadedStages stages, StagePeers layouts, ILogger<StageReceiver> logger)
{
    /// <summary>Handles <see cref="FrameKinds.Batch"/> and <see cref="FrameKinds.FeatureBatch"/>.</summary>
    /// <exception cref="InvalidDataException">The peer has not the stage before, or the frame cannot be read.</exception>
    public async ValueTask OnBatchAsync(Link link, Frame frame)
    {
        BatchHeader header = frames.Read<BatchHeader>(frame);
        NativeBuffer body = FrameSerializer.Body(frame);
        byte[] credit = frames.Write(header.Stage);
        ushort creditKind = frame.Kind == FrameKinds.FeatureBatch ? FrameKinds.FeatureCredit : FrameKinds.Credit;
        Stage? stage = stages.Find(header.Stage);
        if (stage is null)
        {
            body.Dispose();
            LogStale(link.Peer.Node, header.Batch, header.Stage, RequestLabel.List(header.RequestIds));
            await peers.TrySendAsync(link, creditKind, credit);
            await RefuseAsync(link, header);
            return;
        }
        if (!layouts.IsBefore(header.Stage, link.Peer))
            throw new InvalidDataException($"{link.Peer.Node} sent a batch for stage {header.Stage}, but has not the stage before it");
        if ((header.Features is null) == (frame.Kind == FrameKinds.FeatureBatch)
            || (header.Features is not null && header.Features.Length != header.Layers.Length))
            throw new InvalidDataException($"{link.Peer.Node} sent {header.Layers.Length} images and orders of features for "
                + $"{header.Features?.Length ?? 0}");
        Activation hidden = Activation.FromHost(
            header.Layers.Length, header.Tokens, header.Width, (ActivationType)header.ElementType, body.Memory, body);
        try
        {
            // The sender's credits are this inbox's slots, so that this never waits for long.
            BatchTicket ticket = new(header.Batch, header.Layers)
            {
                Trace = header.Trace,
                RequestIds = header.RequestIds,
                Features = header.Features is { } features ? Array.ConvertAll(features, order => order.ToOrder()) : null,
            };
            await stage.EnqueueAsync(new(ticket, null, hidden, () => _ = peers.TrySendAsync(link, creditKind, credit)));
        }
        catch (ReplicaLostException)
        {
            await RefuseAsync(link, header);
        }
    }

    private Task RefuseAsync(Link link, BatchHeader header) =>
        peers.TrySendAsync(link, FrameKinds.StaleBatch, frames.Write(new StaleBatchHeader(header.Stage, header.Batch)));

    [LoggerMessage(5151, LogLevel.Information, "{Peer} sent batch {Batch} for stage {Stage}, which is not here; requests: {RequestIds}")]
    private partial void LogStale(string peer, long batch, StageKey stage, string requestIds);
}
