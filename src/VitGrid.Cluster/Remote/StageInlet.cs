using Microsoft.Extensions.Logging;
using VitGrid.Engine.Replica;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The way into this process's stages from those before them in other processes.</summary>
internal sealed partial class StageInlet
{
    private readonly Peers _peers;
    private readonly FrameHeads _frames;
    private readonly LoadedStages _stages;
    private readonly ILogger<StageInlet> _logger;

    public StageInlet(Peers peers, FrameHeads frames, LoadedStages stages, ILogger<StageInlet> logger)
    {
        _peers = peers;
        _frames = frames;
        _stages = stages;
        _logger = logger;
        peers.On(FrameKinds.Batch, TakeAsync);
    }

    private async ValueTask TakeAsync(Link link, Frame frame)
    {
        BatchHead head = _frames.Read<BatchHead>(frame);
        NativeBuffer body = FrameHeads.Body(frame);
        byte[] credit = _frames.Write(head.Stage);
        Stage? stage = _stages.Find(head.Stage);
        if (stage is null)
        {
            body.Dispose();
            LogStale(link.Peer.Node, head.Batch, head.Stage);
            await _peers.TrySendAsync(link, FrameKinds.Credit, credit);
            await RefuseAsync(link, head);
            return;
        }
        Activation hidden = Activation.FromHost(
            head.Layers.Length, head.Tokens, head.Width, (ActivationType)head.ElementType, body.Memory, body);
        try
        {
            // The sender's credits are this inbox's slots, so that this never waits for long.
            await stage.EnqueueAsync(
                new(new(head.Batch, head.Layers) { Trace = head.Trace }, null, hidden, () => _ = _peers.TrySendAsync(
                    link, FrameKinds.Credit, credit)));
        }
        catch (ReplicaLostException)
        {
            await RefuseAsync(link, head);
        }
    }

    private Task RefuseAsync(Link link, BatchHead head) =>
        _peers.TrySendAsync(link, FrameKinds.StaleBatch, _frames.Write(new StaleBatchHead(head.Stage, head.Batch)));

    [LoggerMessage(LogLevel.Information, "{Peer} sent batch {Batch} for stage {Stage}, which is not here")]
    private partial void LogStale(string peer, long batch, StageKey stage);
}
