using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Vectors and failures between stages and heads of different processes, both ends of the way. Thread-safe.</summary>
internal sealed class RemoteResults(Peers peers, FrameSerializer frames, LocalReplicaHeads heads, ILogger<RemoteResults> logger)
{
    /// <summary>The way to the head of a replica.</summary>
    public IResultReturn To(ReplicaLayout replica) => new RemoteResultReturn(replica, peers, frames, logger);

    /// <summary>Handles <see cref="FrameKinds.Pooled"/>.</summary>
    public ValueTask OnPooled(Link link, Frame frame)
    {
        using NativeBuffer body = FrameSerializer.Body(frame);
        PooledHeader header = frames.Read<PooledHeader>(frame);
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(body.Memory.Span);
        int length = all.Length / header.Items.Length;
        float[][] vectors = new float[header.Items.Length][];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = all.Slice(i * length, length).ToArray();
        heads.Find(header.Replica)?.Gather(new(header.Batch, header.Items, vectors));
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.BatchFailed"/>.</summary>
    public ValueTask OnBatchFailed(Link link, Frame frame)
    {
        BatchFailedHeader header = frames.Read<BatchFailedHeader>(frame);
        heads.Find(header.Replica)?.Fail(header.Batch, Failures.From(header.Fault, header.Message));
        return ValueTask.CompletedTask;
    }
}
