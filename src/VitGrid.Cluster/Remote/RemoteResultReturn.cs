using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// The way of vectors and failures to a head in another process, over the data plane. A head that lives waits for them: while it cannot be
/// reached for the moment, as where a machine is too busy for a handshake, they are kept and it is tried again, for as long as the stage is
/// in use. What a link has taken goes with the link, which the head sees end too.
/// </summary>
/// <param name="replica">The replica.</param>
/// <param name="peers">The way there.</param>
/// <param name="frames">Writes headers.</param>
/// <param name="isWanted">Whether the stage whose results these are is still in use.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class RemoteResultReturn(
    ReplicaLayout replica, Peers peers, FrameSerializer frames, Func<bool> isWanted, ILogger logger) : IResultReturn
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

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
            FeatureItemHeader header = new(replica.Key, batch, item.Item, item.Block, 0, 0, item.Problem)
            {
                IsBeyondType = item.IsBeyondType,
            };
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
            Link link = await LinkAsync();
            await link.SendAsync(kind, header, body, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LinkEndedException or ReplicaLostException)
        {
            LogHeadGone(replica.Key, replica.Head.Node, exception.Message);
        }
    }

    private async Task<Link> LinkAsync()
    {
        for (TimeSpan pause = FirstPause; ; pause = 2 * pause < LongestPause ? 2 * pause : LongestPause)
        {
            try
            {
                return await peers.LinkAsync(replica.Head, CancellationToken.None);
            }
            catch (ReplicaLostException exception) when (MayPass(exception) && isWanted())
            {
                if (pause == FirstPause)
                    LogHeadAway(replica.Key, replica.Head.Node, exception.Message);
            }
            await Task.Delay(pause);
        }
    }

    private static bool MayPass(ReplicaLostException failure) => failure.InnerException is PeerConnectException
    {
        Failure: ConnectFailure.TimedOut or ConnectFailure.Unreachable or ConnectFailure.HandshakeEnded,
    };

    [LoggerMessage(5132, LogLevel.Warning, "The head of replica {Replica} on {Node} is tried again until it takes its results: {Reason}")]
    private partial void LogHeadAway(ReplicaKey replica, string node, string reason);

    [LoggerMessage(5131, LogLevel.Information, "The head of replica {Replica} on {Node} could not be told: {Reason}")]
    private partial void LogHeadGone(ReplicaKey replica, string node, string reason);
}
