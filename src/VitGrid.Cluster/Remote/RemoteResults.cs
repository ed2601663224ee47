using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Vectors and failures between stages and heads of different processes, both ends of the way. Thread-safe.</summary>
internal sealed class RemoteResults(
    Peers peers, FrameSerializer frames, LocalReplicaHeads heads, StagePeers stages, ILogger<RemoteResults> logger)
{
    /// <summary>The way to the head of a replica.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="isWanted">Whether the stage whose results these are is still in use; null: it is not asked for.</param>
    public IResultReturn To(ReplicaLayout replica, Func<bool>? isWanted = null) =>
        new RemoteResultReturn(replica, peers, frames, isWanted ?? (() => false), logger);

    /// <summary>A stage is made here: the processes of its layout may talk about it.</summary>
    public void Expect(ReplicaLayout layout, int segment) => stages.Open(layout, segment);

    /// <summary>It is gone.</summary>
    public void Forget(StageKey stage) => stages.Close(stage);

    /// <summary>Handles <see cref="FrameKinds.Pooled"/>.</summary>
    /// <exception cref="InvalidDataException">The peer has no stage of that replica, or the frame cannot be read.</exception>
    public ValueTask OnPooled(Link link, Frame frame)
    {
        using NativeBuffer body = FrameSerializer.Body(frame);
        PooledHeader header = frames.Read<PooledHeader>(frame);
        if (Find(link, header.Replica) is not { } head)
            return ValueTask.CompletedTask;
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(body.Memory.Span);
        if (header.Items is not { Length: > 0 } || all.Length % header.Items.Length != 0)
            throw new InvalidDataException($"{link.Peer.Node} sent {all.Length} numbers for {header.Items?.Length ?? 0} images");
        int length = all.Length / header.Items.Length;
        float[][] vectors = new float[header.Items.Length][];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = all.Slice(i * length, length).ToArray();
        head.Gather(new(header.Batch, header.Items, vectors));
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.FeatureItem"/>.</summary>
    /// <exception cref="InvalidDataException">The peer has no stage of that replica, or the frame cannot be read.</exception>
    public ValueTask OnFeatures(Link link, Frame frame)
    {
        FeatureItemHeader header = frames.Read<FeatureItemHeader>(frame);
        if (Find(link, header.Replica) is not { } head)
            frame.Body?.Dispose();
        else if (header.Problem is { } problem)
            head.GatherFeatures(Refused(header, PeerText.Escape(problem)));
        else
            head.GatherFeatures(header.Batch, header.Item, new(header.Block, header.Offset, header.Total, FrameSerializer.Body(frame)));
        return ValueTask.CompletedTask;
    }

    private static FeatureItems Refused(FeatureItemHeader header, string problem) => new(
        header.Batch, [new(header.Item, header.Block, null, problem) { IsBeyondType = header.IsBeyondType }]);

    /// <summary>Handles <see cref="FrameKinds.BatchFailed"/>.</summary>
    /// <exception cref="InvalidDataException">The peer has no stage of that replica, or the frame cannot be read.</exception>
    public ValueTask OnBatchFailed(Link link, Frame frame)
    {
        BatchFailedHeader header = frames.Read<BatchFailedHeader>(frame);
        Find(link, header.Replica)?.Fail(header.Batch, Failures.From(header.Fault, header.Message, header.Loss));
        return ValueTask.CompletedTask;
    }

    /// <summary>The head that a peer answers; null when it is not, or no longer, here.</summary>
    private LocalReplicaHead? Find(Link link, ReplicaKey replica) => heads.Find(replica) is not { } head
        ? null
        : stages.IsOf(replica, link.Peer)
            ? head
            : throw new InvalidDataException($"{link.Peer.Node} answers for replica {replica}, of which it has no stage");
}
