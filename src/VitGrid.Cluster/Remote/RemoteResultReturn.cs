using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
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
