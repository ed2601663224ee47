using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The way of vectors and failures from stages back to the heads of their replicas, both directions' ends.</summary>
internal sealed partial class HeadReturn
{
    private readonly Peers _peers;
    private readonly FrameHeads _frames;
    private readonly PipelineHeads _heads;
    private readonly ILogger<HeadReturn> _logger;

    public HeadReturn(Peers peers, FrameHeads frames, PipelineHeads heads, ILogger<HeadReturn> logger)
    {
        _peers = peers;
        _frames = frames;
        _heads = heads;
        _logger = logger;
        peers.On(FrameKinds.Pooled, TakePooled);
        peers.On(FrameKinds.BatchFailed, TakeFailure);
    }

    /// <summary>Brings vectors to the head; one that cannot be reached has noticed that itself.</summary>
    public async ValueTask SendAsync(ReplicaLayout replica, PooledItems pooled)
    {
        if (IsHere(replica.Head))
        {
            _heads.Find(replica.Key)?.Gather(pooled);
            return;
        }
        int bytes = pooled.ClsThenMean.Sum(vector => vector.Length) * sizeof(float);
        byte[] body = ArrayPool<byte>.Shared.Rent(bytes);
        int at = 0;
        foreach (float[] vector in pooled.ClsThenMean)
        {
            MemoryMarshal.AsBytes(vector.AsSpan()).CopyTo(body.AsSpan(at));
            at += vector.Length * sizeof(float);
        }
        await SendAsync(replica, FrameKinds.Pooled, _frames.Write(new PooledHead(replica.Key, pooled.Batch, pooled.Items)), body.AsMemory(
            0, bytes));
        ArrayPool<byte>.Shared.Return(body);
    }

    /// <summary>Tells the head that a batch has no answer to come.</summary>
    public async ValueTask FailAsync(ReplicaLayout replica, long batch, Exception reason)
    {
        if (IsHere(replica.Head))
            _heads.Find(replica.Key)?.Fail(batch, reason);
        else
            await SendAsync(replica, FrameKinds.BatchFailed, _frames.Write(
                new BatchFailedHead(replica.Key, batch, Failures.FaultOf(reason), reason.Message)), default);
    }

    private bool IsHere(NodeAddress node) => node.Node == _peers.Self.Node;

    private async Task SendAsync(ReplicaLayout replica, ushort kind, byte[] head, ReadOnlyMemory<byte> body)
    {
        try
        {
            Link link = await _peers.LinkAsync(replica.Head, CancellationToken.None);
            await link.SendAsync(kind, head, body, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LinkEndedException or ReplicaLostException)
        {
            LogHeadGone(replica.Key, replica.Head.Node, exception.Message);
        }
    }

    private ValueTask TakePooled(Link link, Frame frame)
    {
        using NativeBuffer body = FrameHeads.Body(frame);
        PooledHead head = _frames.Read<PooledHead>(frame);
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(body.Memory.Span);
        int length = all.Length / head.Items.Length;
        float[][] vectors = new float[head.Items.Length][];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = all.Slice(i * length, length).ToArray();
        _heads.Find(head.Replica)?.Gather(new(head.Batch, head.Items, vectors));
        return ValueTask.CompletedTask;
    }

    private ValueTask TakeFailure(Link link, Frame frame)
    {
        BatchFailedHead head = _frames.Read<BatchFailedHead>(frame);
        _heads.Find(head.Replica)?.Fail(head.Batch, Failures.Of(head.Fault, head.Message));
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "The head of replica {Replica} on {Node} could not be told: {Reason}")]
    private partial void LogHeadGone(ReplicaKey replica, string node, string reason);
}
