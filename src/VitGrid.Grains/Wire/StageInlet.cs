using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using VitGrid.Grains.Contracts;
using VitGrid.Grains.Pipeline;
using VitGrid.Grains.Transport;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Grains.Wire;

/// <summary>The way into this process's stages from those before them in other processes.</summary>
internal sealed partial class StageInlet
{
    private readonly Peers _peers;
    private readonly Serializer _serializer;
    private readonly LoadedStages _stages;
    private readonly ILogger<StageInlet> _logger;

    public StageInlet(Peers peers, Serializer serializer, LoadedStages stages, ILogger<StageInlet> logger)
    {
        _peers = peers;
        _serializer = serializer;
        _stages = stages;
        _logger = logger;
        peers.On(FrameKinds.Batch, TakeAsync);
    }

    private async ValueTask TakeAsync(Link link, Frame frame)
    {
        BatchHead head = _serializer.Deserialize<BatchHead>(frame.Head);
        NativeBuffer body = frame.Body ?? throw new InvalidDataException($"batch {head.Batch} for stage {head.Stage} has no hidden state");
        byte[] credit = _serializer.SerializeToArray(head.Stage);
        Stage? stage = _stages.Find(head.Stage);
        if (stage is null)
        {
            body.Dispose();
            LogStale(link.Peer.Node, head.Batch, head.Stage);
            await _peers.TrySendAsync(link, FrameKinds.Credit, credit);
            await RefuseAsync(link, head);
            return;
        }
        Activation hidden = Activation.FromHost(head.Layers.Length, head.Tokens, head.Width, (ActivationType)head.ElementType, body);
        try
        {
            // The sender's credits are this inbox's slots, so that this never waits for long.
            await stage.EnqueueAsync(new(new(head.Batch, head.Layers), null, hidden, () => _ = _peers.TrySendAsync(link, FrameKinds.Credit, credit)));
        }
        catch (ReplicaLostException)
        {
            await RefuseAsync(link, head);
        }
    }

    private Task RefuseAsync(Link link, BatchHead head) =>
        _peers.TrySendAsync(link, FrameKinds.StaleBatch, _serializer.SerializeToArray(new StaleBatchHead(head.Stage, head.Batch)));

    [LoggerMessage(LogLevel.Information, "{Peer} sent batch {Batch} for stage {Stage}, which is not here")]
    private partial void LogStale(string peer, long batch, StageKey stage);
}
