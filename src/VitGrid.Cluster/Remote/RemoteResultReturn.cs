using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The way of vectors and failures to a head in another process, over the data plane.</summary>
internal sealed partial class RemoteResultReturn(ReplicaLayout replica, Peers peers, FrameSerializer frames, ILogger logger) : IResultReturn
{
    /// <inheritdoc/>
    public async ValueTask ReturnAsync(PooledItems pooled)
    {
        int bytes = pooled.ClsThenMean.Sum(vector => vector.Length) * sizeof(float);
        byte[] body = ArrayPool<byte>.Shared.Rent(bytes);
        int at = 0;
        foreach (float[] vector in pooled.ClsThenMean)
        {
            MemoryMarshal.AsBytes(vector.AsSpan()).CopyTo(body.AsSpan(at));
            at += vector.Length * sizeof(float);
        }
        await SendAsync(FrameKinds.Pooled, frames.Write(new PooledHeader(replica.Key, pooled.Batch, pooled.Items)), body.AsMemory(
            0, bytes));
        ArrayPool<byte>.Shared.Return(body);
    }

    /// <inheritdoc/>
    public async ValueTask ReturnFeaturesAsync(FeatureItems features)
    {
        try
        {
            foreach (FeatureItem item in features.Items)
                await ReturnAsync(features.Batch, item);
        }
        finally
        {
            foreach (FeatureItem item in features.Items)
                item.Content?.Dispose();
        }
    }

    private async Task ReturnAsync(long batch, FeatureItem item)
    {
        if (item.Content is null)
        {
            FeatureItemHeader header = new(replica.Key, batch, item.Item, item.Block, 0, 0, item.Problem);
            await SendAsync(FrameKinds.FeatureItem, frames.Write(header), default);
            return;
        }
        long offset = 0;
        // Each waits for the one before, so that what else goes over the link waits for a piece and not for a block.
        foreach (ReadOnlyMemory<byte> chunk in item.Content.Chunks)
        {
            FeatureItemHeader header = new(replica.Key, batch, item.Item, item.Block, offset, item.Content.Bytes, null);
            await SendAsync(FrameKinds.FeatureItem, frames.Write(header), chunk);
            offset += chunk.Length;
        }
    }

    /// <inheritdoc/>
    public async ValueTask FailAsync(long batch, Exception reason)
    {
        BatchFailedHeader header = new(replica.Key, batch, Failures.FaultOf(reason), reason.Message)
        {
            Loss = Failures.LossOf(reason),
        };
        await SendAsync(FrameKinds.BatchFailed, frames.Write(header), default);
    }

    private async Task SendAsync(ushort kind, byte[] header, ReadOnlyMemory<byte> body)
    {
        try
        {
            Link link = await peers.LinkAsync(replica.Head, CancellationToken.None);
            await link.SendAsync(kind, header, body, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LinkEndedException or ReplicaLostException)
        {
            LogHeadGone(replica.Key, replica.Head.Node, exception.Message);
        }
    }

    [LoggerMessage(5131, LogLevel.Information, "The head of replica {Replica} on {Node} could not be told: {Reason}")]
    private partial void LogHeadGone(ReplicaKey replica, string node, string reason);
}
